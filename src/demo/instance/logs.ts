import { type Clock, isoTime } from '../../core/clock.ts';
import { Part, type PartOptions, routine, together } from '../part.ts';
import { Random, round } from '../random.ts';
import type { Instance, InstanceEvent, Instances } from './instances.ts';
import type { LogFiles } from './log-files.ts';

export const maxTail = 1000;
/** Between two entries of all instances together. */
const meanMs = 250;
/** So that a log has something to show from the start. */
const firstLines = 20;

/** The logs of the instances: the running ones write in turn, and every start and end leaves its lines. */
export class InstanceLogs {
  /** What they do by themselves. */
  readonly life: Part;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #instances: Instances;
  readonly #files: Pick<LogFiles, 'append' | 'remove'> | undefined;
  readonly #tails = new Map<string, string[]>();
  #begun = false;

  /** @param files undefined: lines are kept in memory only */
  constructor(
    options: Omit<PartOptions, 'emit'>,
    instances: Instances,
    files: Pick<LogFiles, 'append' | 'remove'> | undefined,
  ) {
    this.#clock = options.clock;
    this.#random = new Random(options.seed, 'instance logs');
    this.#instances = instances;
    this.#files = files;
    const following = new Part(() => {
      if (!this.#begun) this.#begin();
      return instances.subscribe((event) => this.#follow(event));
    });
    this.life = together([following, routine('instance logs', meanMs, options, () => this.#chatter())]);
  }

  /** The last lines, at most so many, oldest first; empty where nothing was written. */
  tail(name: string, count: number): string[] {
    return count === 0 ? [] : (this.#tails.get(name) ?? []).slice(-count);
  }

  #begin(): void {
    this.#begun = true;
    for (const instance of this.#running()) {
      const earlier = Array.from({ length: firstLines }, () => chatter(this.#random));
      this.#write(instance.name, [...changeOf(instance, this.#random), ...earlier.flat()]);
    }
  }

  #running(): Instance[] {
    return this.#instances.list(false).filter(({ status }) => status === 'running');
  }

  #chatter(): void {
    const running = this.#running();
    const instance = running[this.#random.below(running.length)];
    if (instance !== undefined) this.#write(instance.name, chatter(this.#random));
  }

  #follow(event: InstanceEvent): void {
    if (event.type === 'status_changed') this.#write(event.name, changeOf(event, this.#random));
    if (event.type !== 'instance_deleted') return;
    this.#tails.delete(event.name);
    this.#files?.remove(event.name);
  }

  #write(name: string, lines: readonly string[]): void {
    const time = isoTime(this.#clock.now()).slice(0, 19).replace('T', ' ');
    const complete = lines.map((line) => (line.startsWith(' ') ? line : `${time} ${line}`));
    this.#tails.set(name, [...(this.#tails.get(name) ?? []), ...complete].slice(-maxTail));
    this.#files?.append(name, complete.map((line) => `${line}\n`).join(''));
  }
}

/** What an agent at work writes: level and text; what follows a line of its own is indented. */
function chatter(random: Random): string[] {
  const dice = random.next();
  if (dice < 0.03) return trace(random);
  return [dice < 0.12 ? random.pick(warnings)(random) : random.pick(notes)(random)];
}

/** What it writes about its start or its end. */
function changeOf(
  { name, status, pid }: Pick<Instance, 'name' | 'status' | 'pid'>,
  random: Random,
): string[] {
  if (status === 'running') return [`INFO Starting ${name} (pid ${pid})`, 'INFO Ready for tasks'];
  if (status === 'stopped') return ['INFO Received SIGTERM, finishing open tasks', 'INFO Stopped'];
  return [...trace(random), 'FATAL Unhandled error, exit code 1'];
}

type Phrase = (random: Random) => string;

const notes: readonly [Phrase, ...Phrase[]] = [
  (random) =>
    `INFO Request handled: POST /tasks 202 in ${round(random.between(3, 90), 1)} ms, id ${random.hex(8)}`,
  (random) => `INFO Task ${random.hex(8)} done in ${round(random.between(0.4, 18), 2)} s`,
  (random) => `INFO Tool web.search: ${1 + random.below(20)} results for "délai de livraison – Köln"`,
  (random) => `INFO Tool sql.query: ${random.below(5000)} rows, ${round(random.between(2, 400), 1)} ms`,
  (random) => `DEBUG Context at ${random.below(90)} % of 128k tokens, ${random.below(40)} messages kept`,
  () => 'DEBUG Heartbeat sent',
];

const warnings: readonly [Phrase, ...Phrase[]] = [
  (random) => `WARN Model answered after ${round(random.between(4, 20), 1)} s`,
  (random) => `WARN Rate limit near: ${80 + random.below(20)} % of the tokens of this minute`,
  (random) => `WARN Retry ${1 + random.below(3)} of 3: upstream answered 503`,
];

function trace(random: Random): string[] {
  const port = 5000 + random.below(4000);
  return [
    `ERROR Task ${random.hex(8)} failed: connect ECONNREFUSED 10.0.3.7:${port}`,
    '    at TCPConnectWrap.afterConnect (node:net:1607:16)',
    '    at async runTool (/app/agent/tools.js:88:21)',
    '    at async step (/app/agent/loop.js:41:18)',
  ];
}
