import { rankCorrelation } from './ranks.ts';

/** In which place each client got each version. */
export class Sweeps {
  readonly #clients: readonly Reader[];
  /** Who has a version by now, in the order in which it came. */
  readonly #arrived = new Map<number, number[]>();
  #newest = 0;
  #repeated = 0;

  constructor(clients: number) {
    this.#clients = Array.from({ length: clients }, () => ({ seq: 0, versions: 0, places: 0 }));
  }

  /** Starts counting anew. */
  reset(): void {
    for (const client of this.#clients) Object.assign(client, { versions: 0, places: 0 });
    this.#arrived.clear();
    this.#repeated = 0;
  }

  got(index: number, seq: number): void {
    const client = this.#clients[index];
    if (client === undefined) return;
    if (seq <= client.seq) {
      this.#repeated += 1;
      return;
    }
    const arrived = this.#arrived.get(seq) ?? [];
    this.#arrived.set(seq, arrived);
    const place = arrived.push(index) - 1;
    this.#newest = Math.max(this.#newest, seq);
    client.seq = seq;
    client.versions += 1;
    client.places += place;
  }

  get newest(): number {
    return this.#newest;
  }

  /** Whether every client has the newest version. */
  get isOver(): boolean {
    return this.#arrived.get(this.#newest)?.length === this.#clients.length;
  }

  get versions(): number {
    return this.#arrived.size;
  }

  /** Times that a client did not get a version, or got one twice. */
  get notOnce(): number {
    const lacking = this.#clients.map(({ versions }) => this.versions - versions);
    return lacking.reduce((sum, count) => sum + count, this.#repeated);
  }

  /** Of each version: rank correlation of the order of connecting with the order in which it came. */
  get correlations(): readonly number[] {
    return Array.from(this.#arrived.values(), (order) => rankCorrelation([...order.keys()], order));
  }

  /** Of each client, in the order of connecting: its mean place, as a share of all. 0: it always was the first. */
  get meanPlaces(): readonly number[] {
    const most = this.#clients.length - 1;
    return this.#clients.map(({ versions, places }) => places / versions / most);
  }
}

interface Reader {
  seq: number;
  versions: number;
  places: number;
}
