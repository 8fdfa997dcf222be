import type { ClientOptions } from 'ws';
import type { Random } from '../../src/demo/random.ts';
import { FanOutClient } from './fan-out-client.ts';
import type { FanOutView, Ledger } from './fan-out-ledger.ts';

/** The first is what a client gets that asks for nothing. */
export const fanOutViews: readonly [FanOutView, ...FanOutView[]] = [
  { mode: 'full', encoding: 'json', interval: 0 },
  { mode: 'delta', encoding: 'json', interval: 0 },
  { mode: 'full', encoding: 'msgpack', interval: 0 },
  { mode: 'delta', encoding: 'msgpack', interval: 0 },
  { mode: 'full', encoding: 'json', interval: 50 },
  { mode: 'delta', encoding: 'msgpack', interval: 50 },
  { mode: 'full', encoding: 'json', interval: 0, sections: ['logs', 'market'] },
  { mode: 'delta', encoding: 'json', interval: 0, sections: ['agents', 'market'] },
];

type Deflate = NonNullable<ClientOptions['perMessageDeflate']>;

/** Terms of compression that a client may ask for; the first as `ws` and browsers do. */
export const deflateTerms: readonly [Deflate, ...Deflate[]] = [
  true,
  false,
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true, serverMaxWindowBits: 15 },
  ...[9, 10, 11, 12, 13, 14].map((serverMaxWindowBits) => ({ serverMaxWindowBits })),
  { serverMaxWindowBits: 8 },
  { serverMaxWindowBits: 14, serverNoContextTakeover: true },
  // Compresses the shortest message of its own, too.
  { threshold: 0 },
];

/** Half of all clients come with what nearly all clients have. */
const pickTerms = (random: Random): Deflate => (random.chance(0.5) ? true : random.pick(deflateTerms));

/** Clients that join, stall, ask, change their view and leave at random, one action a client and tick at most. */
export class Crowd {
  readonly members: FanOutClient[] = [];
  /** Those that left, and the code by which they must have seen their connection end. */
  readonly gone: { readonly client: FanOutClient; readonly code: number }[] = [];
  readonly #wsUrl: string;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #stalledUntil = new Map<FanOutClient, number>();

  /** @param size how many there are at a time */
  constructor(size: number, { wsUrl, ledger, random }: { wsUrl: string; ledger: Ledger; random: Random }) {
    this.#wsUrl = wsUrl;
    this.#ledger = ledger;
    this.#random = random;
    for (let count = 0; count < size; count += 1) this.members.push(this.#join());
  }

  act(tick: number): void {
    for (const [place, member] of this.members.entries()) {
      const until = this.#stalledUntil.get(member);
      if (until === tick) this.#resume(member);
      else if (until === undefined && member.open && this.#random.chance(0.03)) this.#do(member, place, tick);
    }
  }

  /** All stall, until they settle. */
  stall(): void {
    for (const member of this.members) this.#stall(member, Number.POSITIVE_INFINITY);
  }

  /** Nobody stalls any more. */
  settle(): void {
    for (const member of this.#stalledUntil.keys()) this.#resume(member);
  }

  #do(member: FanOutClient, place: number, tick: number): void {
    const random = this.#random;
    random.pick([
      () => member.ping(),
      () => member.ping('compressed with care '.repeat(random.below(200))),
      () => member.protocolPing(),
      () => member.resync(),
      () => member.subscribe(random.pick(fanOutViews)),
      () => {
        member.subscribe(random.pick(fanOutViews));
        member.ping();
        member.subscribe(random.pick(fanOutViews));
      },
      () => this.#stall(member, tick + 1 + random.below(10)),
      () => this.#stall(member, tick + 20 + random.below(150)),
      () => this.#leave(member, place),
    ])();
  }

  #join(since?: FanOutClient): FanOutClient {
    const random = this.#random;
    const view = since?.view ?? random.pick(fanOutViews);
    return new FanOutClient(this.#wsUrl, this.#ledger, {
      view,
      deflate: pickTerms(random),
      since: since?.position,
    });
  }

  #stall(member: FanOutClient, until: number): void {
    member.socket.pause();
    this.#stalledUntil.set(member, until);
  }

  #resume(member: FanOutClient): void {
    member.socket.resume();
    this.#stalledUntil.delete(member);
  }

  /** In whatever way: with a word, without one, or for breaking a rule. Somebody takes its place. */
  #leave(client: FanOutClient, place: number): void {
    const leave = (code: number, how: () => void) => () => {
      this.gone.push({ client, code });
      how();
    };
    this.#random.pick([
      leave(4000, () => client.socket.close(4000)),
      leave(1006, () => client.socket.terminate()),
      leave(1009, () => client.socket.send('x'.repeat(16 * 1024 + 1))),
      leave(1009, () => client.socket.send(Buffer.alloc(100_000))),
    ])();
    const returns = client.view.mode === 'delta' && this.#random.chance(0.5);
    this.members[place] = this.#join(returns ? client : undefined);
  }
}
