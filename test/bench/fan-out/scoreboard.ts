import type { Bar, Figure } from '../report.ts';
import { median, spread } from '../stats.ts';
import type { RoundsResult } from './load-generator.ts';

/** What one entry's turns gave. One that failed once is out: its figures say why they are missing. */
interface Score {
  readonly turns: RoundsResult[];
  failure: string | undefined;
}

export type Reading = (turn: RoundsResult) => number;

/** The turns of all entries, by name, and the figures made of them. */
export class Scoreboard {
  readonly #scores = new Map<string, Score>();

  has(entry: string): boolean {
    return this.#scores.has(entry);
  }

  /** Measures one more turn of an entry, unless it failed before. */
  async take(entry: string, measure: () => Promise<RoundsResult>): Promise<void> {
    const score = this.#scores.get(entry) ?? { turns: [], failure: undefined };
    this.#scores.set(entry, score);
    if (score.failure !== undefined) return;
    try {
      score.turns.push(await measure());
    } catch (error) {
      score.failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** The median over an entry's turns. */
  figure(name: string, unit: string, entry: string, read: Reading): Figure {
    const { turns, failure } = this.#score(entry);
    if (failure !== undefined) return unmeasured(name, unit, failure);
    const values = turns.map(read);
    return { name, value: median(values), unit, note: `turns ${spread(values, unit === 'ms' ? 2 : 0)}` };
  }

  /** The median of what each turn of one entry is to the same turn of the other. */
  ratio(name: string, entry: string, to: string, read: Reading, bar?: Bar): Figure {
    const [ours, theirs] = [this.#score(entry), this.#score(to)];
    const failure = ours.failure ?? theirs.failure;
    if (failure !== undefined) return unmeasured(name, '×', failure);
    const values = ours.turns.flatMap((turn, index) => {
      const other = theirs.turns[index];
      return other === undefined ? [] : [read(turn) / read(other)];
    });
    return {
      name,
      value: median(values),
      unit: '×',
      ...(bar === undefined ? {} : { bar }),
      note: `turns ${spread(values)}`,
    };
  }

  /** All turns of an entry. None where one failed. */
  turns(entry: string): readonly RoundsResult[] {
    const { turns, failure } = this.#score(entry);
    return failure === undefined ? turns : [];
  }

  #score(entry: string): Score {
    const score = this.#scores.get(entry);
    if (score === undefined) throw new Error(`${entry} took no turn`);
    return score;
  }
}

function unmeasured(name: string, unit: string, why: string): Figure {
  return { name, value: Number.NaN, unit, note: why };
}
