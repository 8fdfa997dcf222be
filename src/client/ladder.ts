import type { Lane } from './lane.ts';

/**
 * The lanes, best first. A lane runs while no better one is live and all better ones keep failing; those go on
 * trying, and the first of them that is live again stops it.
 */
export interface Ladder {
  /** The best lane that is live. */
  readonly live: Lane | undefined;
  /** Why lanes that run are not live: of those that failed, in their order. */
  readonly reasons: string;
  /** Starts and stops lanes as they stand now. */
  update(): void;
  /** See Lane. */
  renew(): void;
  wake(): void;
  close(): void;
}

/** Connections that must have failed in a row before the next lane is tried beside. There is none after polling. */
const failuresBeforeNext = { websocket: 3, sse: 1, polling: 0 } as const;

export function createLadder(lanes: readonly Lane[]): Ladder {
  return {
    get live() {
      return lanes.find(({ link }) => link !== undefined);
    },
    get reasons() {
      const failing = lanes.filter(({ link, reason }) => link === undefined && reason !== '');
      return failing.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    },
    update() {
      let isNeeded = true;
      for (const lane of lanes) {
        if (isNeeded) lane.start();
        else lane.stop();
        isNeeded &&= lane.link === undefined && lane.failures >= failuresBeforeNext[lane.name];
      }
    },
    renew() {
      for (const lane of lanes) lane.renew();
    },
    wake() {
      for (const lane of lanes) lane.wake();
    },
    close() {
      for (const lane of lanes) lane.stop();
    },
  };
}
