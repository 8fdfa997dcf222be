import type { NewsListener, Rendition, SweepUpdate, Urgency } from '../../src/encode/rendition.ts';
import { textMessage } from './messages.ts';

/** A rendition whose updates are their own number as text, and whose deltas are `<base>><number>`. */
export interface FakeRendition extends Rendition {
  readonly closed: boolean;
  /** Makes a version and tells the view. */
  publish(...urgencies: readonly Urgency[]): void;
}

export interface FakeRenditionOptions {
  /** Whether sweeps are told as deltas. Default false. */
  readonly deltas?: boolean;
}

export function createFakeRendition({ deltas = false }: FakeRenditionOptions = {}): FakeRendition {
  let seq = 1;
  let swept = 1;
  let listener: NewsListener = () => {};
  let closed = false;
  const updateFrom = (base: number | undefined): SweepUpdate => {
    const [at, full] = [seq, textMessage(`${seq}`, { type: 'UPDATE' })];
    const delta = textMessage(`${base}>${seq}`, { type: 'DELTA' });
    return {
      seq,
      receivedAt: undefined,
      after: (cursor) => ({ message: cursor === base ? delta : full, seq: at, dropped: 0 }),
    };
  };
  return {
    dialect: 'test',
    get seq() {
      return seq;
    },
    get closed() {
      return closed;
    },
    latest: () => textMessage(`${seq}`, { type: 'UPDATE' }),
    after: (cursor) => updateFrom(undefined).after(cursor),
    cursorAt: () => undefined,
    droppedAfter: () => 0,
    next() {
      const base = deltas && swept < seq ? swept : undefined;
      swept = seq;
      return updateFrom(base);
    },
    onNews(given) {
      listener = given;
    },
    close() {
      closed = true;
    },
    publish(...urgencies) {
      seq += 1;
      listener(urgencies);
    },
  };
}
