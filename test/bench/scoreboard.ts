import { errorMessage } from '../../src/core/errors.ts';
import type { Bar, Figure } from './report.ts';
import { median, range, spread } from './stats.ts';

/** What one entry's turns gave. One that failed once is out: its figures say why they are missing. */
interface Score<Turn> {
  readonly turns: Turn[];
  failure: string | undefined;
}

/** The name under which the build before keeps its turns of an entry. */
export const entryBefore = (entry: string) => `before: ${entry}`;

/** The turns of all entries, by name, and the figures made of them. */
export class Scoreboard<Turn> {
  readonly #scores = new Map<string, Score<Turn>>();

  has(entry: string): boolean {
    return this.#scores.has(entry);
  }

  /** Measures one more turn of an entry, unless it failed before. */
  async take(entry: string, measure: () => Promise<Turn>): Promise<void> {
    const score = this.#scores.get(entry) ?? { turns: [], failure: undefined };
    this.#scores.set(entry, score);
    if (score.failure !== undefined) return;
    try {
      score.turns.push(await measure());
    } catch (error) {
      score.failure = errorMessage(error);
    }
  }

  /** The median over an entry's turns. */
  figure(name: string, unit: string, entry: string, read: (turn: Turn) => number, bar?: Bar): Figure {
    const { turns, failure } = this.#score(entry);
    const values = turns.map(read);
    return figureOf({ name, unit, bar }, failure, values, `turns ${spread(values)}`);
  }

  /** An entry's figure and, where the build before took part, the same of that one and what became of it. */
  compared(name: string, unit: string, entry: string, read: (turn: Turn) => number, bar?: Bar): Figure[] {
    const before = entryBefore(entry);
    const figure = this.figure(name, unit, entry, read, bar);
    if (!this.has(before)) return [figure];
    return [
      figure,
      this.figure(`${name}, before`, unit, before, read),
      this.ratio(`${name}, after ÷ before`, entry, before, read),
    ];
  }

  /** The median of what each turn of one entry is to the same turn of the other. */
  ratio(name: string, entry: string, to: string, read: (turn: Turn) => number, bar?: Bar): Figure {
    const [ours, theirs] = [this.#score(entry), this.#score(to)];
    const values = ours.turns.flatMap((turn, index) => {
      const other = theirs.turns[index];
      return other === undefined ? [] : [read(turn) / read(other)];
    });
    const note = `${values.length} pairs, ${range(values)}`;
    return figureOf({ name, unit: '×', bar }, ours.failure ?? theirs.failure, values, note);
  }

  /** All turns of an entry. None where one failed. */
  turns(entry: string): readonly Turn[] {
    const { turns, failure } = this.#score(entry);
    return failure === undefined ? turns : [];
  }

  #score(entry: string): Score<Turn> {
    const score = this.#scores.get(entry);
    if (score === undefined) throw new Error(`${entry} took no turn`);
    return score;
  }
}

function figureOf(
  { name, unit, bar }: { readonly name: string; readonly unit: string; readonly bar: Bar | undefined },
  failure: string | undefined,
  values: readonly number[],
  note: string,
): Figure {
  if (failure !== undefined) return { name, value: Number.NaN, unit, note: failure };
  return { name, value: median(values), unit, ...(bar === undefined ? {} : { bar }), note };
}
