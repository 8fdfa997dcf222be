import type { CloseCause } from '../../src/core/errors.ts';
import type { Transport, TransportEnd, TransportEvents } from '../../src/deliver/transport.ts';
import type { Frame } from '../../src/encode/frame.ts';
import type { Message } from '../../src/encode/message.ts';

/** A transport whose client reads when the test says so. */
export interface FakeTransport extends Transport {
  /** Everything sent, as text. */
  readonly sent: readonly string[];
  /** The same as it was sent. */
  readonly frames: readonly Frame[];
  readonly closes: readonly CloseCause[];
  readonly probes: number;
  readonly terminated: boolean;
  readonly paused: boolean;
  /** Stops taking frames. */
  block(): void;
  /** Takes frames again, and has not said so yet. */
  unblock(): void;
  /** Takes frames again, `frames` of them at most, and says so. */
  drain(frames?: number): void;
  /** A message from the client. */
  receive(text: string): void;
  /** A ping from the client: whether it is to be answered. */
  ping(): boolean;
  /** The client was heard of, without a message. */
  hear(now: number): void;
  end(end?: TransportEnd): void;
}

export function createFakeTransport(): FakeTransport {
  const sent: string[] = [];
  const frames: Frame[] = [];
  const closes: CloseCause[] = [];
  let events: TransportEvents | undefined;
  let room = Number.POSITIVE_INFINITY;
  let refused = false;
  const state = { open: true, heardAt: 0, probes: 0, terminated: false, paused: false };

  const send = ({ plain }: Message): boolean => {
    if (!state.open || room === 0 || refused) {
      refused = true;
      return false;
    }
    room -= 1;
    sent.push(plain.toString());
    frames.push(plain);
    return true;
  };
  const end = (how: TransportEnd = { code: 1000 }): void => {
    if (!state.open) return;
    state.open = false;
    events?.onEnd(how);
  };

  return {
    kind: 'websocket',
    roundTripMs: undefined,
    get open() {
      return state.open;
    },
    get heardAt() {
      return state.heardAt;
    },
    get probes() {
      return state.probes;
    },
    get terminated() {
      return state.terminated;
    },
    get paused() {
      return state.paused;
    },
    sent,
    frames,
    closes,
    start(given) {
      events = given;
    },
    canTake() {
      if (!state.open || room === 0) refused = true;
      return !refused;
    },
    offer: (message) => (send(message) ? message.plain.length : 0),
    answer: send,
    probe() {
      state.probes += 1;
    },
    pause() {
      state.paused = true;
    },
    resume() {
      state.paused = false;
    },
    close(cause) {
      closes.push(cause);
      // No dialect has a close code for this one: nobody would read it.
      if (cause === 'silent') this.terminate();
    },
    terminate() {
      state.terminated = true;
      end({ code: 1006 });
    },
    block() {
      room = 0;
    },
    unblock() {
      room = Number.POSITIVE_INFINITY;
    },
    drain(frames = Number.POSITIVE_INFINITY) {
      room = frames;
      if (!refused) return;
      refused = false;
      events?.onDrain();
    },
    receive: (text) => events?.onMessage(Buffer.from(text), false),
    ping: () => events?.onControl() ?? false,
    hear(now) {
      state.heardAt = now;
    },
    end,
  };
}
