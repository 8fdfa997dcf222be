import { isoTime } from '../../core/clock.ts';
import { createPart, type Part, type PartOptions, together } from '../part.ts';
import { createRandom } from '../random.ts';
import { createRoutine } from '../routine.ts';
import type { InstanceEvent } from './instance.ts';
import type { Instances } from './instances.ts';
import type { LogFiles } from './log-files.ts';
import { createLogText } from './log-text.ts';

export interface InstanceLogs extends Part {
  /** The last lines, at most so many, oldest first; empty where nothing was written. */
  tail(name: string, count: number): string[];
}

export interface InstanceLogsOptions extends Omit<PartOptions, 'emit'> {
  instances: Instances;
  /** Default: lines are kept in memory only. */
  files: LogFiles | undefined;
}

export const maxTail = 1000;
/** All instances together. */
const meanMs = 250;
/** So that a log has something to show from the start. */
const firstLines = 20;

/** The logs of the instances: the running ones write in turn, and every start and end leaves its lines. */
export function createInstanceLogs({ instances, files, ...options }: InstanceLogsOptions): InstanceLogs {
  const { clock } = options;
  const random = createRandom(options.seed, 'instance logs');
  const text = createLogText(random);
  const tails = new Map<string, string[]>();
  let begun = false;

  function write(name: string, lines: readonly string[]): void {
    const time = isoTime(clock.now()).slice(0, 19).replace('T', ' ');
    const complete = lines.map((line) => (line.startsWith(' ') ? line : `${time} ${line}`));
    tails.set(name, [...(tails.get(name) ?? []), ...complete].slice(-maxTail));
    files?.append(name, complete.map((line) => `${line}\n`).join(''));
  }

  function chatter(): void {
    const running = instances.list(false).filter(({ status }) => status === 'running');
    const instance = running[random.below(running.length)];
    if (instance !== undefined) write(instance.name, text.chatter());
  }

  function follow(event: InstanceEvent): void {
    if (event.type === 'status_changed') write(event.name, text.about(event));
    if (event.type !== 'instance_deleted') return;
    tails.delete(event.name);
    files?.remove(event.name);
  }

  function begin(): void {
    begun = true;
    for (const instance of instances.list(false)) {
      if (instance.status !== 'running') continue;
      const earlier = Array.from({ length: firstLines }, () => text.chatter());
      write(instance.name, [...text.about(instance), ...earlier.flat()]);
    }
  }

  const following = createPart(() => {
    if (!begun) begin();
    return instances.subscribe(follow);
  });
  return {
    ...together([
      following,
      createRoutine({ ...options, name: 'instance logs', meanMs: meanMs, act: chatter }),
    ]),
    tail: (name, count) => (count === 0 ? [] : (tails.get(name) ?? []).slice(-count)),
  };
}
