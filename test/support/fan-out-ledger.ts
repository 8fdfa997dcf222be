import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { decode } from '@msgpack/msgpack';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { changed, type Versions } from './fan-out-updates.ts';

/** How a client sees the document. */
export interface FanOutView {
  readonly mode: 'full' | 'delta';
  readonly encoding: 'json' | 'msgpack';
  readonly interval: number;
  readonly sections?: readonly string[];
}

/** A message that was looked at. */
export interface Entry {
  readonly type: string;
  /** 0 where it has none. */
  readonly seq: number;
  /** All of it but the document. */
  readonly body: JsonObject;
}

const always = ['timestamp', 'status', 'sources'];
const stateTypes: ReadonlySet<unknown> = new Set(['WELCOME', 'TELEMETRY', 'DELTA']);

/**
 * Compares everything that clients receive with the documents that were to be sent. Each message is read once:
 * whoever gets the same bytes in the same view got the same message.
 */
export class Ledger {
  /** Messages that say something else than they must. */
  readonly faults: string[] = [];
  readonly #versions: Versions;
  readonly #entries = new Map<string, Entry>();
  /** The digest of what was sent as an update of a view, which may be told again as of a later version. */
  readonly #updates = new Map<string, string>();

  constructor(versions: Versions) {
    this.#versions = versions;
  }

  /** @param view the one in force by what its client was told */
  take(view: FanOutView, data: Buffer, isBinary: boolean): Entry {
    const digest = createHash('sha1').update(data).digest('base64');
    const key = `${JSON.stringify(view)} ${isBinary} ${digest}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const packet = this.#read(data, isBinary);
    const { data: document, patch, append, ...body } = packet;
    const { type, seq } = body;
    const entry: Entry = { type: String(type), seq: typeof seq === 'number' ? seq : 0, body };
    this.#entries.set(key, entry);
    if (stateTypes.has(type)) this.#check(view, { ...entry, body: packet }, isBinary, digest);
    return entry;
  }

  /** A window out of step shows as text that is none. */
  #read(data: Buffer, isBinary: boolean): JsonObject {
    try {
      const body: unknown = isBinary ? decode(data) : JSON.parse(data.toString());
      if (isJsonObject(body)) return body;
    } catch {
      // Told below.
    }
    this.faults.push(`no packet: ${data.toString('latin1', 0, 100)}`);
    return { type: 'UNREADABLE' };
  }

  /** The newest version in which what the view shows changed, as of a version. */
  positionIn({ sections }: FanOutView, version: number): number {
    if (sections === undefined) return version;
    const watched = ['status', ...sections];
    let seq = version;
    while (this.#versions.has(seq - 1) && watched.every((key) => this.#sameSection(key, seq))) seq -= 1;
    return seq;
  }

  #sameSection(key: string, seq: number): boolean {
    return isDeepStrictEqual(this.#versions.at(seq)[key], this.#versions.at(seq - 1)[key]);
  }

  #check(view: FanOutView, { type, seq, body }: Entry, isBinary: boolean, digest: string): void {
    const where = `${type} ${seq} in ${JSON.stringify(view)}`;
    if (isBinary !== (view.encoding === 'msgpack')) this.faults.push(`${where}: the wrong encoding`);
    const document = this.#documentOf(view, body);
    const version = this.#versions.seqOf(document.timestamp);
    // Whoever comes with a position, or from another document, is told more than the update.
    if (type !== 'WELCOME' && body.epoch === undefined) {
      const name = `${where} ${String(body.base)} ${version}`;
      if ((this.#updates.get(name) ?? digest) !== digest) this.faults.push(`${where}: two different texts`);
      this.#updates.set(name, digest);
    }
    if (version === undefined) this.faults.push(`${where}: no such timestamp`);
    else if (!isDeepStrictEqual(document, this.#shown(view, version)))
      this.faults.push(`${where}: wrong data`);
    else if (this.positionIn(view, version) !== seq) this.faults.push(`${where}: seq of version ${version}`);
  }

  #documentOf(view: FanOutView, { data, base, ...delta }: JsonObject): JsonObject {
    if (isJsonObject(data)) return data;
    if (typeof base !== 'number') throw new Error('neither data nor base');
    return changed(this.#shown(view, base), delta);
  }

  #shown({ sections }: FanOutView, version: number): JsonObject {
    const document = this.#versions.at(version);
    if (sections === undefined) return document;
    const keys = new Set([...always, ...sections]);
    return Object.fromEntries(Object.entries(document).filter(([key]) => keys.has(key)));
  }
}
