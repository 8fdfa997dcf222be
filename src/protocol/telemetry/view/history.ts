import { type Clock, isoTime } from '../../../core/clock.ts';
import type { Version } from '../../../feed/history.ts';
import type { Projection } from '../../../feed/projection.ts';
import { CsvColumns } from './history-csv.ts';
import { HistoryPoints } from './history-points.ts';
import type { HistoryFormat, HistorySpan } from './history-query.ts';
import { HistoryWalk, type Steps } from './history-walk.ts';
import { badOption } from './options.ts';
import { Turns } from './turns.ts';

/** The size of a chunk; a single point may be larger. */
const chunkBytes = 64 * 1024;
/** Versions looked at in one turn of the event loop: about a millisecond. */
const stepsPerTurn = 5000;
/** More than any spreadsheet takes. */
const maxColumns = 20_000;

export const contentTypes: Readonly<Record<HistoryFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
};

const tooManyColumns = badOption(`format: over ${maxColumns} columns, choose sections or expect json`);

/** How the points of a format become one text. */
interface Layout {
  readonly before: Buffer;
  readonly between: Buffer;
  readonly after: Buffer;
  /** The text without any point. */
  readonly empty: Buffer;
  point(version: Version): Buffer;
}

const [nothing, newLine] = [Buffer.alloc(0), Buffer.from('\n')];
const array = {
  before: Buffer.from('['),
  between: Buffer.from(',\n'),
  after: Buffer.from(']'),
  empty: Buffer.from('[]'),
};
const lines = { before: nothing, between: newLine, after: newLine, empty: nothing };

export interface HistoryRequest {
  readonly projection: Projection;
  /** The first version with data of the engine; undefined: it has said nothing yet. */
  readonly spokenSince: number | undefined;
  readonly span: HistorySpan;
  readonly format: HistoryFormat;
}

/** Streams histories: made chunk by chunk as they are read, JSON points once for all readers. */
export class HistoryReadings {
  readonly #turns: Turns;
  readonly #points: HistoryPoints;

  constructor(clock: Clock, turns = new Turns()) {
    this.#turns = turns;
    this.#points = new HistoryPoints(clock);
  }

  /**
   * The kept versions as one text, oldest first, made as it is read: a JSON array of `{seq, at, data}`, lines of the
   * same, or a table. `at` is when the gateway committed the version, ISO 8601. Versions without data of the engine are
   * left out.
   */
  async stream({ projection, spokenSince, span, format }: HistoryRequest) {
    const walk = spokenSince === undefined ? undefined : new HistoryWalk(projection, spokenSince, span);
    const points = (): Steps => (walk === undefined ? noPoints() : walk.points());
    const layout =
      format === 'csv' ? await this.#table(projection, points()) : this.#objects(projection, format);
    return layout === undefined ? tooManyColumns : this.#streamOf(textOf(layout, points()));
  }

  #objects(projection: Projection, format: 'json' | 'ndjson'): Layout {
    const { epoch } = projection.position;
    return {
      ...(format === 'json' ? array : lines),
      point: (version) => this.#points.of(epoch, projection, version),
    };
  }

  /** Undefined: it would have too many columns. Goes through all points, since the names come first. */
  async #table(projection: Projection, points: Steps): Promise<Layout | undefined> {
    const columns = new CsvColumns();
    const note = (): boolean => {
      for (let steps = 0; steps < stepsPerTurn; steps += 1) {
        const { done, value } = points.next();
        if (done === true || columns.count > maxColumns) return true;
        if (value === undefined) continue;
        columns.note(projection.of(value));
        steps += columns.count;
      }
      return false;
    };
    while (!(await this.#turns.do(note)));
    if (columns.count > maxColumns) return undefined;
    const head = Buffer.from(columns.head());
    return {
      ...{ before: head, between: nothing, after: nothing, empty: head },
      point: (version) => Buffer.from(columns.row(version.seq, isoTime(version.at), projection.of(version))),
    };
  }

  #streamOf(text: Text): ReadableStream<Uint8Array> {
    let [isOver, hasLeft] = [false, false];
    /** Empty where there is nothing to send in this turn. */
    const nextChunk = (): Uint8Array => {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for (let steps = 0; steps < stepsPerTurn && bytes < chunkBytes && !isOver && !hasLeft; steps += 1) {
        const { done, value } = text.next();
        isOver = done === true;
        for (const piece of value ?? []) {
          pieces.push(piece);
          bytes += piece.length;
        }
      }
      return Buffer.concat(pieces);
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          let chunk = await this.#turns.do(nextChunk);
          while (chunk.length === 0 && !isOver && !hasLeft) chunk = await this.#turns.do(nextChunk);
          if (hasLeft) return;
          if (chunk.length > 0) controller.enqueue(chunk);
          if (isOver) controller.close();
        },
        cancel() {
          hasLeft = true;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function* noPoints(): Steps {}

/** In pieces; undefined for each step that adds nothing. */
type Text = Generator<readonly Buffer[] | undefined, void>;

function* textOf({ before, between, after, empty, point }: Layout, points: Steps): Text {
  let separator = before;
  for (const version of points) {
    if (version === undefined) {
      yield undefined;
      continue;
    }
    yield [separator, point(version)];
    separator = between;
  }
  yield [separator === before ? empty : after];
}
