import type { Transport, TransportEnd, TransportEvents } from '../../src/deliver/transport.ts';
import type { Message } from '../../src/encode/message.ts';

/** A transport whose client reads when the test says so. */
export interface FakeTransport extends Transport {
  /** Everything sent, as text. */
  readonly sent: readonly string[];
  readonly messages: readonly Message[];
  /** Their types. */
  readonly types: readonly string[];
  /** Reasons. */
  readonly closes: readonly string[];
  readonly probes: number;
  readonly terminated: boolean;
  readonly paused: boolean;
  /** Stops taking messages. */
  block(): void;
  /** Takes messages again, and has not said so yet. */
  unblock(): void;
  /** Takes messages again, `count` of them at most, and says so. */
  drain(count?: number): void;
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
  const messages: Message[] = [];
  const closes: string[] = [];
  let events: TransportEvents | undefined;
  let room = Number.POSITIVE_INFINITY;
  let refused = false;
  const state = { open: true, heardAt: 0, probes: 0, terminated: false, paused: false };

  const send = (message: Message): number => {
    if (!state.open || room === 0 || refused) {
      refused = true;
      return 0;
    }
    room -= 1;
    sent.push(message.payload.toString());
    messages.push(message);
    return message.payload.length;
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
    get types() {
      return messages.map(({ type }) => type);
    },
    sent,
    messages,
    closes,
    start(given) {
      events = given;
    },
    canTake() {
      if (!state.open || room === 0) refused = true;
      return !refused;
    },
    offer: send,
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
    close({ reason }) {
      closes.push(reason);
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
    drain(count = Number.POSITIVE_INFINITY) {
      room = count;
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
