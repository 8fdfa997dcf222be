import type { Rendition } from '../../src/encode/rendition.ts';

/** A rendition whose updates are their own number as text. */
export interface FakeRendition extends Rendition {
  /** Makes a version and tells the channel. */
  publish(): void;
}

export function createFakeRendition(): FakeRendition {
  let seq = 1;
  let listener = (): void => {};
  return {
    dialect: 'test',
    get seq() {
      return seq;
    },
    latest: () => ({ seq, frame: Buffer.from(`${seq}`), type: 'UPDATE' }),
    onNews(given) {
      listener = given;
    },
    publish() {
      seq += 1;
      listener();
    },
  };
}
