import { Message } from '../../src/encode/message.ts';
import type { NewsListener, Rendition, Update, Urgency } from '../../src/encode/rendition.ts';

/** A rendition whose updates are their own number as text, and whose deltas are `<base>><number>`. */
export interface FakeRendition extends Rendition {
  readonly closed: boolean;
  /** Makes a version and tells the channel. */
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
  const updateFrom = (base: number | undefined): Update => {
    const [at, full] = [seq, packet(`${seq}`, 'UPDATE')];
    const delta = packet(`${base}>${seq}`, 'DELTA');
    return {
      seq,
      receivedAt: undefined,
      after: (cursor) => ({ packet: cursor === base ? delta : full, seq: at, missed: 0 }),
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
    latest: () => packet(`${seq}`, 'UPDATE'),
    after: (cursor) => updateFrom(undefined).after(cursor),
    missedAfter: () => 0,
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

/** A packet that is its own text, such as the answers and greetings of a dialect. */
export function packet(text: string, type = 'ANSWER') {
  return { type, message: new Message(Buffer.from(text)) };
}
