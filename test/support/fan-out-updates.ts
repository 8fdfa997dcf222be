import type { JsonObject } from '../../src/core/json.ts';
import { Random } from '../../src/demo/random.ts';
import { applyPacket } from './packet-reader.ts';

/** Around the sizes at which something changes: the deflate window, the frame header, the compression level. */
const blobBytes = [0, 1, 120, 3000, 28_000, 32_700, 33_500, 64_800, 66_000, 140_000] as const;
/** From here on a size is left again soon, so that a run is not made of large packets only. */
const large = 20_000;
const scripts = ['plain text ', 'naïve café ', '漢字かな交じり', 'цена растёт ', '😀🚀📈'] as const;

/** The document after a merge patch, with the prototypes that objects out of a decoder have. */
export function changed(document: JsonObject, delta: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(applyPacket(document, delta)));
}

/** The documents that a gateway must hold after each update, known without asking it. */
export class Versions {
  readonly #documents = new Map<number, JsonObject>();
  readonly #seqs = new Map<unknown, number>();
  #newest: number;

  /** @param seq number of the version that the first update changes */
  constructor(seq: number, document: JsonObject) {
    this.#newest = seq;
    this.#keep(seq, document);
  }

  get newest(): number {
    return this.#newest;
  }

  /** Every update makes one version. */
  add(event: JsonObject): void {
    const document = changed(this.at(this.#newest), { patch: event });
    this.#newest += 1;
    this.#keep(this.#newest, document);
  }

  has(seq: number): boolean {
    return this.#documents.has(seq);
  }

  at(seq: number): JsonObject {
    const document = this.#documents.get(seq);
    if (document === undefined) throw new Error(`there is no version ${seq}`);
    return document;
  }

  /** The version with this timestamp: each update moves it. */
  seqOf(timestamp: unknown): number | undefined {
    return this.#seqs.get(timestamp);
  }

  #keep(seq: number, document: JsonObject): void {
    this.#documents.set(seq, document);
    this.#seqs.set(document.timestamp, seq);
  }
}

/** Makes updates of wildly alternating sizes; `last` moves every section that `next` ever touches. */
export interface Updates {
  readonly random: Random;
  next(): JsonObject;
  last(): JsonObject;
}

export function createUpdates(seed: number): Updates {
  const random = new Random(seed, 'updates');
  let tick = 0;
  let blob = 0;
  let logs: JsonObject[] = [];

  const text = (bytes: number): string => {
    const script = random.pick(scripts);
    const words: string[] = [];
    for (let length = 0; length < bytes; ) {
      const word = random.chance(0.5) ? script : `${random.below(1e6)} `;
      words.push(word);
      length += Buffer.byteLength(word);
    }
    return words.join('');
  };
  const nextBlob = (): JsonObject => {
    if (blob < large ? random.chance(0.93) : random.chance(0.4)) return {};
    blob = blob < large ? random.pick(blobBytes) : 0;
    // Now and then noise, which no dictionary helps with.
    return { blob: random.chance(0.2) ? noise(random, blob) : text(blob) };
  };
  const moved = (): JsonObject => {
    tick += 1;
    const timestamp = new Date(Date.UTC(2026, 5, 1) + tick * 100).toISOString();
    return { timestamp, market: { symbol: 'SPY', price: random.between(400, 500), velocity: random.next() } };
  };
  const rolled = (): JsonObject => {
    logs = [...logs, { level: 'INFO', message: `${tick} ${text(40)}`, timestamp: `tick ${tick}` }].slice(-10);
    return { logs };
  };
  const agent = (): JsonObject => ({
    [`agent-${random.below(20)}`]: { score: random.next(), note: text(60) },
  });

  /** Keys of its own come and go, beside sections that stay as they are. */
  const ownOnly = (): JsonObject => {
    const { timestamp = null } = moved();
    return {
      timestamp,
      own: { tick, [`key ${tick % 7}`]: random.chance(0.5) ? null : { deep: [tick, null] } },
    };
  };

  return {
    random,
    next: () => ({
      ...(random.chance(0.7) ? moved() : ownOnly()),
      ...(random.chance(0.4) ? rolled() : {}),
      ...(random.chance(0.3) ? { agents: agent() } : {}),
      ...nextBlob(),
    }),
    last: () => ({ ...moved(), ...rolled(), agents: agent(), own: { end: true }, blob: 'the end' }),
  };
}

function noise(random: Random, bytes: number): string {
  return Buffer.from(Array.from({ length: Math.ceil((bytes * 3) / 4) }, () => random.below(256))).toString(
    'base64',
  );
}
