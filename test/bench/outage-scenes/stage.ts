import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import {
  type GatewayProcess,
  type ServingProcess,
  spawnEngine,
  spawnGateway,
} from '../../support/gateway-process.ts';
import type { RedisServer } from '../../support/redis-server.ts';
import { type Resource, waitFor } from '../../support/wait.ts';
import { contradictions, firstShown, type Judged } from './judge.ts';
import { watchPage } from './page-viewer.ts';
import type { Scene } from './scenes.ts';
import { type Viewer, watchPackets, watchSdk } from './viewers.ts';

/** The processes of a scene. */
export interface Backstage {
  readonly scene: Scene;
  readonly engine: ServingProcess;
  readonly gateway: GatewayProcess;
}

export interface Stage {
  readonly scene: Scene;
  readonly engine: ServingProcess;
  readonly viewers: readonly Viewer[];
}

export interface Sight {
  readonly viewer: string;
  /** Seconds after the trouble began; undefined: never. */
  readonly firstShown: number | undefined;
  readonly contradictions: readonly string[];
}

/** Where things are that all scenes share, and that must not outlive them. */
export interface House {
  readonly redis: RedisServer;
  readonly browser: Browser;
  readonly print: (line: string) => void;
  use<T extends Resource>(starting: T | Promise<T>): Promise<T>;
}

const pacedMs = 30_000;
const lookEveryMs = 250;
const healthyTimeoutMs = 60_000;
const learnTimeoutMs = 300_000;
const introSeconds = 3;
/** Two changes of one second are one move to a gateway that polls each second. */
const leastMoveMs = 1500;

export async function openBackstage(scene: Scene, { redis, use }: House): Promise<Backstage> {
  // Each engine has a channel of its own on the one Redis.
  const events = { REDIS_URL: redis.url, REDIS_STATE_CHANNEL: `state_update:${scene.name}` };
  const engine = await use(spawnEngine(events));
  await scene.before?.(engine);
  const gateway = await use(spawnGateway({ ...events, ENGINE_URL: engine.url, DIALECTS: 'telemetry' }));
  return { scene, engine, gateway };
}

/** The viewers of a scene, all of them shown a live engine by now. */
export async function seatViewers(
  { scene, engine, gateway }: Backstage,
  { browser, use }: House,
): Promise<Stage> {
  const { source } = scene;
  const scope = { onTestFinished: (task: () => void | Promise<void>) => void use({ stop: task }) };
  const viewers = [
    await use(watchPackets('wscat', gateway.wsUrl, source)),
    await use(watchPackets('paced', `${gateway.wsUrl}/?interval=${pacedMs}`, source, pacedMs / 1000)),
    await use(watchSdk(gateway.url, source)),
    await watchPage(scope, browser, gateway.url, source),
  ];
  await untilLive(scene, viewers);
  return { scene, engine, viewers };
}

/** Plays a scene for so many seconds after its trouble begins, one line each. */
export async function play(
  { scene, engine, viewers }: Stage,
  seconds: number,
  { print }: House,
): Promise<readonly Sight[]> {
  await learn(scene, viewers, print);
  // A busy machine may have made even a good engine late.
  await untilLive(scene, viewers);
  let beganAt = Date.now() + introSeconds * 1000;
  const show = async (second: number, phase: string): Promise<void> => {
    await Promise.all(viewers.map((viewer) => viewer.refresh()));
    const cells = viewers.map((viewer) => `${viewer.name}: ${viewer.cell()}`).join(' | ');
    print(`${scene.name.padEnd(12)} t=${`${second}`.padStart(3)} ${phase.padEnd(12)} | ${cells}`);
  };
  for (let second = -introSeconds; second < 0; second += 1) {
    await sleepUntil(beganAt + second * 1000);
    await show(second, 'good');
  }
  await sleepUntil(beganAt);
  beganAt = Date.now();
  await scene.begin(engine);
  for (let second = 0; second <= seconds; second += 1) {
    await sleepUntil(beganAt + second * 1000);
    const [, phase = ''] = scene.phases.findLast(([from]) => from <= second) ?? [];
    await show(second, phase);
  }
  const judged = { beganAt, endedAt: beganAt + seconds * 1000 };
  return viewers.map((viewer) => sightOf(viewer, scene, { ...judged, paceSeconds: viewer.paceSeconds }));
}

/** Until all are shown a live engine. */
async function untilLive({ name }: Scene, viewers: readonly Viewer[]): Promise<void> {
  await waitFor(
    `all viewers of ${name} to be shown a live engine`,
    async () => {
      // To look costs the page, and so all that is measured.
      await sleep(lookEveryMs);
      await Promise.all(viewers.map((viewer) => viewer.refresh()));
      return viewers.every(({ moments }) => {
        const shown = moments.at(-1)?.shown;
        return shown?.source === true && shown.price && !shown.halted;
      });
    },
    { timeoutMs: healthyTimeoutMs, state: () => viewers.map((viewer) => viewer.cell()) },
  );
}

function sightOf({ name, moments }: Viewer, scene: Scene, judged: Judged): Sight {
  return {
    viewer: name,
    firstShown: firstShown(moments, scene.isTrouble ?? (({ source }) => !source), judged),
    contradictions: contradictions(moments, scene.truths, judged),
  };
}

/** Until the gateway has seen the engine's `timestamp` move often enough to know how often it does. */
async function learn(scene: Scene, viewers: readonly Viewer[], print: House['print']): Promise<void> {
  const { name, movesToLearn = 5 } = scene;
  const plain = viewers[0];
  let moves = 0;
  let last = plain?.timestamp;
  let movedAt = 0;
  await waitFor(
    `${movesToLearn} moves in ${name}`,
    () => {
      const timestamp = plain?.timestamp;
      if (timestamp !== last && Date.now() - movedAt >= leastMoveMs) {
        moves += 1;
        movedAt = Date.now();
        print(`${name.padEnd(12)} learning: move ${moves} of ${movesToLearn}, ${timestamp}`);
      }
      last = timestamp;
      return moves >= movesToLearn;
    },
    { timeoutMs: learnTimeoutMs },
  );
}

function sleepUntil(at: number): Promise<void> {
  return sleep(Math.max(0, at - Date.now()));
}
