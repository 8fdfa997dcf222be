import type { Part, PartOptions } from '../part.ts';
import { createRandom } from '../random.ts';
import { createRoutine } from '../routine.ts';
import type { Instance, Outcome } from './instance.ts';
import type { Instances } from './instances.ts';

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
export function createScenario({ instances, ...options }: PartOptions & { instances: Instances }): Part {
  const random = createRandom(options.seed, 'scenario');
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
    { weight: 5, fits: rests, apply: instances.start },
    { weight: 3, fits: runs, apply: instances.stop },
    { weight: 2, fits: runs, apply: instances.restart },
    { weight: 1, fits: runs, apply: instances.fail },
    { weight: 1, fits: rests, apply: instances.archive },
    { weight: 1, fits: isArchived, apply: instances.unarchive },
    { weight: 1, fits: hasRoom, apply: () => claim(instances.create(newName())) },
    { weight: 1, fits: hasRoom, apply: (name) => claim(instances.clone(name, newName())) },
    { weight: 1, fits: (one) => !runs(one) && cast().length > minCast, apply: instances.remove },
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

  return createRoutine({ ...options, name: 'scenario', meanMs: meanMs, act });
}
