export type Model = 'haiku' | 'sonnet';
export type Tool = 'Read' | 'Bash' | 'Edit' | 'Grep' | 'Write' | 'WebSearch';

type Count = 'completed' | 'failed' | 'sessions' | 'requests' | 'inputTokens' | 'outputTokens';

/** What happened in some time. */
export interface Usage {
  /** `completed`, `failed`: tasks that ended; `sessions`: those that began. */
  counts: Record<Count, number>;
  /** Millionths of a USD: whole numbers, so that sums are exact. */
  microCosts: Record<Model, number>;
  toolCalls: Record<Tool, number>;
}

/** The longest range that can be asked for. */
export const maxHours = 168;

function noUsage(): Usage {
  return {
    counts: { completed: 0, failed: 0, sessions: 0, requests: 0, inputTokens: 0, outputTokens: 0 },
    microCosts: { haiku: 0, sonnet: 0 },
    toolCalls: { Read: 0, Bash: 0, Edit: 0, Grep: 0, Write: 0, WebSearch: 0 },
  };
}

const pageMs = 5 * 60_000;
const pagesPerHour = 3_600_000 / pageMs;

/** Usage page by page, as long as a range may reach back: bounded, however much happens in a page's time. */
export class UsageBook {
  /** Oldest first; a time without usage has no page. */
  readonly #pages: { readonly number: number; readonly usage: Usage }[] = [];

  /** The page to write on at that time in milliseconds, which must not lie before the one last written on. */
  at(ms: number): Usage {
    const number = Math.floor(ms / pageMs);
    const last = this.#pages.at(-1);
    if (last?.number === number) return last.usage;
    const usage = noUsage();
    this.#pages.push({ number, usage });
    while ((this.#pages[0]?.number ?? number) <= number - maxHours * pagesPerHour) this.#pages.shift();
    return usage;
  }

  /** Sum of so many hours up to the page last written on. */
  total(hours: number): Usage {
    const total = noUsage();
    const end = this.#pages.at(-1)?.number ?? 0;
    for (const { number, usage } of this.#pages) {
      if (number <= end - hours * pagesPerHour) continue;
      add(total.counts, usage.counts);
      add(total.microCosts, usage.microCosts);
      add(total.toolCalls, usage.toolCalls);
    }
    return total;
  }
}

function add<Name extends string>(total: Record<Name, number>, counts: Record<Name, number>): void {
  for (const name in counts) total[name] += counts[name];
}
