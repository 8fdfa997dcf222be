import type { Clock } from '../../core/clock.ts';
import { type Part, type PartOptions, routine } from '../part.ts';
import { Random, round } from '../random.ts';
import { maxHours, UsageBook } from './usage-book.ts';
import { Workload } from './workload.ts';

interface Activity {
  description: string;
  /** Epoch seconds with three decimals. */
  timestamp: number;
}

/** What `GET /api/metrics/overview` answers. Costs in USD, over the hours asked for. */
export interface MetricsSnapshot {
  overview: {
    /** `running`: at present, whatever the hours; `total`: all three. */
    tasks: { total: number; running: number; completed: number; failed: number };
    costs: { total_cost: number; haiku_cost: number; sonnet_cost: number };
    claude_api: { total_requests: number; total_input_tokens: number; total_output_tokens: number };
    tools: { total_calls: number; by_type: Record<string, number> };
  };
  sessions: { total_sessions: number; total_tools: number; tools_by_type: Record<string, number> };
  /** At most 20, newest first. */
  activity: Activity[];
  /** Epoch seconds with three decimals: the engine's last step, though nothing else may have changed. */
  timestamp: number;
}

const meanMs = 5000;
const hourMs = 3_600_000;
const maxActivity = 20;

/** Tasks, costs, model and tool calls of the engine's agents: a week of them, and what is added while it runs. */
export class Metrics {
  /** What they do by themselves. */
  readonly life: Part;
  readonly #clock: Clock;
  readonly #book = new UsageBook();
  readonly #workload: Workload;
  #activity: Activity[] = [];
  #at: number;

  constructor(options: Omit<PartOptions, 'emit'>) {
    this.#clock = options.clock;
    this.#workload = new Workload(new Random(options.seed, 'metrics'));
    this.#at = options.clock.now();
    for (let agoMs = maxHours * hourMs; agoMs >= 0; agoMs -= meanMs) this.#act(agoMs);
    this.life = routine('metrics', meanMs, options, () => {
      this.#act(0);
      this.step();
    });
  }

  /** Has the snapshot's time go on. */
  step(): void {
    this.#at = this.#clock.now();
  }

  /** @param hours whole number from 1 to 168 */
  snapshot(hours: number): MetricsSnapshot {
    const { counts, microCosts, toolCalls } = this.#book.total(hours);
    const { completed, failed } = counts;
    const { running } = this.#workload;
    const totalCalls = Object.values(toolCalls).reduce((sum, calls) => sum + calls, 0);
    return {
      overview: {
        tasks: { total: running + completed + failed, running, completed, failed },
        costs: {
          total_cost: (microCosts.haiku + microCosts.sonnet) / 1e6,
          haiku_cost: microCosts.haiku / 1e6,
          sonnet_cost: microCosts.sonnet / 1e6,
        },
        claude_api: {
          total_requests: counts.requests,
          total_input_tokens: counts.inputTokens,
          total_output_tokens: counts.outputTokens,
        },
        tools: { total_calls: totalCalls, by_type: toolCalls },
      },
      // With the session that was open when the range began.
      sessions: {
        total_sessions: 1 + counts.sessions,
        total_tools: totalCalls,
        tools_by_type: { ...toolCalls },
      },
      activity: this.#activity.map((entry) => ({ ...entry })),
      timestamp: seconds(this.#at),
    };
  }

  /** @param agoMs how long before the present */
  #act(agoMs: number): void {
    // By the monotonic clock: where the wall clock is set, no usage leaves or enters a range.
    const usage = this.#book.at(this.#clock.monotonic() - agoMs);
    const description = this.#workload.act(usage);
    if (description === undefined) return;
    const entry = { description, timestamp: seconds(this.#clock.now() - agoMs) };
    this.#activity = [entry, ...this.#activity].slice(0, maxActivity);
  }
}

const seconds = (epochMs: number): number => round(epochMs / 1000, 3);
