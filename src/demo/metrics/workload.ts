import type { Random } from '../random.ts';
import type { Model, Tool, Usage } from './usage-book.ts';

interface Task {
  readonly title: string;
  requests: number;
}

const maxRunning = 6;
const minRequests = 3;

/** Millionths of a USD a token. */
const prices: Record<Model, { readonly input: number; readonly output: number }> = {
  haiku: { input: 1, output: 5 },
  sonnet: { input: 3, output: 15 },
};

/** The agents' tasks: they begin, call models and tools, and end. */
export class Workload {
  readonly #random: Random;
  readonly #running: Task[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get running(): number {
    return this.#running.length;
  }

  /** One thing happens, and is written down in `usage`. Returns what there is to tell people, if anything. */
  act(usage: Usage): string | undefined {
    const random = this.#random;
    const dice = random.next();
    const task = this.#running[random.below(this.#running.length)];
    if (task === undefined || (dice < 0.05 && this.#running.length < maxRunning)) return this.#begin(usage);
    if (dice > 0.94 && task.requests >= minRequests) return this.#end(task, usage);
    task.requests += 1;
    this.#callModel(usage);
    if (!random.chance(0.8)) return undefined;
    const tool = random.pick(tools);
    usage.toolCalls[tool] += 1;
    return random.chance(0.15) ? `${tool}: ${task.title}` : undefined;
  }

  #begin(usage: Usage): string {
    const task = { title: this.#random.pick(titles), requests: 0 };
    if (this.#random.chance(0.3)) usage.counts.sessions += 1;
    this.#running.push(task);
    return `Task started: ${task.title}`;
  }

  #end(task: Task, usage: Usage): string {
    this.#running.splice(this.#running.indexOf(task), 1);
    if (this.#random.chance(0.1)) {
      usage.counts.failed += 1;
      return `Task failed: ${task.title}: ${this.#random.pick(failures)}`;
    }
    usage.counts.completed += 1;
    return `Task completed: ${task.title} (${task.requests} requests)`;
  }

  #callModel(usage: Usage): void {
    const model = this.#random.chance(0.65) ? 'haiku' : 'sonnet';
    const input = 200 + this.#random.below(4000);
    const output = 40 + this.#random.below(900);
    usage.counts.requests += 1;
    usage.counts.inputTokens += input;
    usage.counts.outputTokens += output;
    usage.microCosts[model] += input * prices[model].input + output * prices[model].output;
  }
}

/** One that stands here more often is called more often. */
const tools = [
  ...['Read', 'Read', 'Read', 'Read', 'Read', 'Read', 'Bash', 'Bash', 'Bash', 'Bash'],
  ...['Edit', 'Edit', 'Edit', 'Grep', 'Grep', 'Write', 'WebSearch'],
] as [Tool, ...Tool[]];

const titles = [
  'Review the order router',
  'Fix the flaky fill test',
  'Backtest the pairs strategy',
  'Update the risk limits',
  'Explain the slippage of Tuesday',
  'Migrate the tick store',
  'Summarise the overnight log',
  'Tidy the signal notebook',
] as const;

const failures = ['a test did not pass', 'tool timed out', 'context limit reached'] as const;
