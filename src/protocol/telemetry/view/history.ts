import Denque from 'denque';
import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import type { Version } from '../../../feed/history.ts';
import { formatPosition } from '../../../feed/position.ts';
import type { Projection } from '../../../feed/projection.ts';

const maxSeconds = 600;
const maxPoints = 600;

/** `seconds`: how far back, 1 to 600 (default 600). `step`: least seconds between two points; 0: every version. */
export const historyQuery = z.object({
  seconds: z.coerce.number().int().min(1).max(maxSeconds).default(maxSeconds),
  step: z.coerce.number().min(0).max(maxSeconds).optional(),
});

type HistorySpan = z.infer<typeof historyQuery>;

/** The size of a chunk; a single point may be larger. */
const chunkBytes = 64 * 1024;
const comma = Buffer.from(',\n');

/** Streams histories: made chunk by chunk as they are read, each point once for all readers. */
export class HistoryReadings {
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #points: HistoryPoints;

  constructor(clock: Clock, turns = new Turns()) {
    this.#clock = clock;
    this.#turns = turns;
    this.#points = new HistoryPoints(clock);
  }

  /**
   * The kept versions as one JSON array of `{seq, at, data}`, oldest first, made as it is read: `at` is when the
   * gateway committed the version, ISO 8601; versions without data of the engine are left out. The newest version is
   * always the last point. Versions are not kept for slow readers: those that the history drops meanwhile are left out.
   */
  stream(
    projection: Projection,
    spokenSince: number | undefined,
    span: HistorySpan,
  ): ReadableStream<Uint8Array> {
    const now = this.#clock.monotonic();
    const { epoch } = projection.position;
    const { seq: newest } = projection.feed.current;
    let seqs: Iterator<number> | undefined;
    let separator = Buffer.from('[');
    let isOver = false;
    const nextChunk = (): Buffer | undefined => {
      seqs ??= seqsOf(projection, [spokenSince, newest], span, now).values();
      const pieces: Buffer[] = [];
      for (let bytes = 0; bytes < chunkBytes; ) {
        const version = nextHeld(projection, seqs);
        if (version === undefined) {
          isOver = true;
          return Buffer.concat([...pieces, Buffer.from(separator === comma ? ']' : '[]')]);
        }
        const point = this.#points.of(epoch, projection, version);
        pieces.push(separator, point);
        separator = comma;
        bytes += point.length;
      }
      return Buffer.concat(pieces);
    };
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.#turns.do(() => (isOver ? undefined : nextChunk()));
          // The reader left meanwhile.
          if (chunk === undefined) return;
          controller.enqueue(chunk);
          if (isOver) controller.close();
        },
        cancel() {
          isOver = true;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function nextHeld(projection: Projection, seqs: Iterator<number>): Version | undefined {
  for (let next = seqs.next(); next.done !== true; next = seqs.next()) {
    const version = projection.feed.version(next.value);
    if (version !== undefined) return version;
  }
  return undefined;
}

/** The versions to send, from the first to the last. @param now of the request, monotonic ms */
function seqsOf(
  projection: Projection,
  [first, last]: readonly [number | undefined, number],
  { seconds, step = seconds / maxPoints }: HistorySpan,
  now: number,
): readonly number[] {
  const since = now - seconds * 1000;
  const all = first === undefined ? [] : shownVersions(projection, first, last);
  const versions = all.filter((version, index) => version.committedAt > since || index === all.length - 1);
  return thinOut(versions, now, step * 1000).map(({ seq }) => seq);
}

/** The last version of each step, counted back from now. */
function thinOut(versions: readonly Version[], now: number, stepMs: number): Version[] {
  if (stepMs === 0) return [...versions];
  const byStep = new Map<number, Version>();
  for (const version of versions) byStep.set(Math.floor((now - version.committedAt) / stepMs), version);
  return [...byStep.values()];
}

/** The kept versions of these in which something that the projection shows changed, and the oldest one. */
function shownVersions(projection: Projection, first: number, last: number): Version[] {
  const versions = projection.feed.history().filter(({ seq }) => seq >= first && seq <= last);
  return versions.filter((version, index) => {
    const previous = versions[index - 1];
    return previous === undefined || projection.differs(version, previous);
  });
}

const maxPointBytes = 16 * 1024 * 1024;
/** How long points are kept after the last use of any. */
const pointsKeptMs = 5000;

/** A cache of encoded points, for readers at about the same time. */
class HistoryPoints {
  readonly #clock: Clock;
  readonly #made = new Map<string, Buffer>();
  #bytes = 0;
  #usedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * One version as the JSON object `{seq, at, data}`.
   * @param epoch of the projection
   */
  of(epoch: string, projection: Projection, version: Version): Buffer {
    this.#use();
    const key = formatPosition({ epoch, seq: version.seq });
    let point = this.#made.get(key);
    if (point === undefined) {
      const at = new Date(version.at).toISOString();
      point = Buffer.from(JSON.stringify({ seq: version.seq, at, data: projection.of(version) }));
      if (this.#bytes + point.length > maxPointBytes) this.#clear();
      this.#bytes += point.length;
      this.#made.set(key, point);
    }
    return point;
  }

  #use(): void {
    this.#usedAt = this.#clock.monotonic();
    if (this.#made.size === 0) this.#clock.after(pointsKeptMs, () => this.#expire());
  }

  #expire(): void {
    const waitMs = this.#usedAt + pointsKeptMs - this.#clock.monotonic();
    if (waitMs <= 0) this.#clear();
    else this.#clock.after(waitMs, () => this.#expire());
  }

  #clear(): void {
    this.#made.clear();
    this.#bytes = 0;
  }
}

/**
 * Runs pieces of work of all readers one per turn of the event loop: what follows each, such as writing to a socket,
 * takes as long again.
 */
export class Turns {
  readonly #yieldTurn: (rest: () => void) => void;
  readonly #waiting = new Denque<() => void>();

  /** @param yieldTurn runs the rest in a later turn. Default: setImmediate */
  constructor(yieldTurn: (rest: () => void) => void = (rest) => void setImmediate(rest)) {
    this.#yieldTurn = yieldTurn;
  }

  /** Runs a piece of work in a later turn, in order. What it throws rejects the promise. */
  do<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#waiting.length === 1) this.#goOn();
    });
  }

  #goOn(): void {
    this.#yieldTurn(() => {
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#goOn();
    });
  }
}
