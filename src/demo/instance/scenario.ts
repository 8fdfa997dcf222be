import { type Part, type PartOptions, routine } from '../part.ts';
import { Random } from '../random.ts';
import type { Instance, Instances, Outcome } from './instances.ts';

interface Move {
  /** How often compared with the others, where all are possible. */
  weight: number;
  fits: (instance: Instance) => boolean;
  apply: (name: string) => unknown;
}

/** They run throughout, so that there is always a log to watch. */
const steady: ReadonlySet<string> = new Set(['agent-1', 'agent-2']);
const minCast = 3;
const maxCast = 8;
const meanMs = 8000;

/**
 * The life of the instances as it goes by itself: they start, stop, crash, restart, are created, cloned, archived,
 * unarchived and deleted, a few at a time. It leaves alone `agent-1`, `agent-2`, and names it has not chosen.
 */
export function scenario(options: Omit<PartOptions, 'emit'>, instances: Instances): Part {
  const random = new Random(options.seed, 'scenario');
  const own = new Set(instances.list(true).flatMap(({ name }) => (steady.has(name) ? [] : [name])));

  function cast(): Instance[] {
    return instances.list(true).filter(({ name }) => own.has(name));
  }

  function claim(outcome: Outcome): void {
    if (outcome.ok) own.add(outcome.instance.name);
  }

  function newName(): string {
    let number = 1;
    while (instances.find(`agent-${number}`) !== undefined) number += 1;
    return `agent-${number}`;
  }

  const runs = ({ status }: Instance): boolean => status === 'running';
  const isArchived = ({ archived_at }: Instance): boolean => archived_at !== null;
  const rests = (instance: Instance): boolean => !runs(instance) && !isArchived(instance);
  const hasRoom = (): boolean => cast().length < maxCast;

  const moves: readonly Move[] = [
    { weight: 5, fits: rests, apply: (name) => instances.start(name) },
    { weight: 3, fits: runs, apply: (name) => instances.stop(name) },
    { weight: 2, fits: runs, apply: (name) => instances.restart(name) },
    { weight: 1, fits: runs, apply: (name) => instances.fail(name) },
    { weight: 1, fits: rests, apply: (name) => instances.archive(name) },
    { weight: 1, fits: isArchived, apply: (name) => instances.unarchive(name) },
    { weight: 1, fits: hasRoom, apply: () => claim(instances.create(newName())) },
    { weight: 1, fits: hasRoom, apply: (name) => claim(instances.clone(name, newName())) },
    {
      weight: 1,
      fits: (one) => !runs(one) && cast().length > minCast,
      apply: (name) => instances.remove(name),
    },
  ];

  function act(): void {
    const possible = moves.flatMap((move) => {
      const fitting = cast().filter(move.fits);
      return fitting.length === 0 ? [] : Array.from({ length: move.weight }, () => ({ move, fitting }));
    });
    const chosen = possible[random.below(possible.length)];
    const instance = chosen?.fitting[random.below(chosen.fitting.length)];
    if (instance !== undefined) chosen?.move.apply(instance.name);
  }

  return routine('scenario', meanMs, options, act);
}
