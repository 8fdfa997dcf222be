import type { ServingProcess } from '../../support/gateway-process.ts';
import type { Shown, Truth } from './judge.ts';

export interface Scene {
  readonly name: string;
  readonly about: string;
  /** Whose status tells of the trouble. */
  readonly source: 'state' | 'agents';
  /** Before the gateway starts. */
  readonly before?: (engine: ServingProcess) => Promise<void>;
  /** How many moves of the engine's `timestamp` the gateway is to see before the trouble begins. Default 5. */
  readonly movesToLearn?: number;
  readonly begin: (engine: ServingProcess) => Promise<void> | void;
  /** What the engine does, from so many seconds after the beginning on. */
  readonly phases: readonly (readonly [from: number, phase: string])[];
  /** Default: the source is not shown as live. */
  readonly isTrouble?: (shown: Shown) => boolean;
  readonly truths: readonly Truth[];
}

/** Polled each second. */
const period = 1;
const gathering = 0.025;
/** The latest time by which failing polls are told: the last good one may be just before the trouble. */
const pollsFail = 2 * period + gathering;
/** The paths that events still set are told with the next change, of which there is one a second. */
const pathsEnd = pollsFail + 1;
/** The last move may have been polled a period after it was made. */
const standsStill = period + 10 + gathering;
const haltTold = period + gathering;
const stopSeconds = 6;
/** Two answers in a row have to say that the clock was set back, and events go by it too. */
const backAgain = stopSeconds + 3 * period;

async function post(engine: ServingProcess, path: string, body: object): Promise<void> {
  const response = await fetch(engine.url + path, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
const fault = (engine: ServingProcess, body: object): Promise<void> => post(engine, '/demo/fault', body);

const gone: readonly Truth[] = [
  { from: pollsFail, source: false },
  { from: pathsEnd, price: false },
];

/** Bars come first: they take the longest to learn. */
export const scenes: readonly Scene[] = [
  {
    name: 'bars',
    about: 'everything moves once in 60 s and no trouble at all; the gateway has seen three bars by then',
    source: 'state',
    before: (engine) => fault(engine, { kind: 'bars', everySeconds: 60 }),
    movesToLearn: 3,
    begin: () => {},
    phases: [[0, 'bars of 60 s']],
    truths: [{ from: 0, source: true, price: true }],
  },
  {
    name: 'killed',
    about: 'SIGKILL of the engine',
    source: 'state',
    begin: (engine) => engine.kill('SIGKILL'),
    phases: [[0, 'killed']],
    truths: gone,
  },
  {
    name: 'hung',
    about: 'SIGSTOP: connections are accepted, and nothing is answered or published',
    source: 'state',
    begin: (engine) => engine.kill('SIGSTOP'),
    phases: [[0, 'hung']],
    truths: gone,
  },
  {
    name: 'wedged',
    about: 'answers go on; figures and timestamp stand still under ACTIVE',
    source: 'state',
    // The limit is three times the longest of eight gaps: those of the busy start are to be forgotten.
    movesToLearn: 12,
    begin: (engine) => fault(engine, { kind: 'freeze' }),
    phases: [[0, 'frozen']],
    truths: [
      { from: 0, until: standsStill - 2 * period, source: true },
      { from: standsStill, source: false },
      { from: standsStill + 1, price: false },
    ],
  },
  {
    name: 'half-metrics',
    about: 'the state is answered, agents and models hang',
    source: 'agents',
    begin: (engine) => fault(engine, { kind: 'hang', path: '/api/system/metrics' }),
    phases: [[0, 'metrics hang']],
    truths: [
      { from: pollsFail, source: false },
      { from: 0, price: true, moving: ['price', 'nav'] },
    ],
  },
  {
    name: 'half-state',
    about: 'polls of the state fail while events go on, so that the price moves',
    source: 'state',
    begin: (engine) => fault(engine, { kind: 'error', path: '/api/system/state/current' }),
    phases: [[0, 'state fails']],
    truths: [
      { from: pollsFail, source: false },
      { from: 0, price: true, moving: ['price'] },
    ],
  },
  {
    name: 'restarted',
    about: `away for ${stopSeconds} s, then back with timestamps of an hour ago`,
    source: 'state',
    async begin(engine) {
      await fault(engine, { kind: 'clock', offsetSeconds: -3600 });
      await fault(engine, { kind: 'stop', seconds: stopSeconds });
    },
    phases: [
      [0, 'away'],
      [stopSeconds, 'clock -1 h'],
    ],
    truths: [
      { from: pollsFail, until: stopSeconds, source: false },
      { from: backAgain, source: true, price: true, moving: ['price', 'nav'] },
    ],
  },
  {
    name: 'halted',
    about: 'a HALT, and nothing moves after it: that is what halted means, and not stale',
    source: 'state',
    async begin(engine) {
      await post(engine, '/api/system/halt', { reason: 'scene' });
      await fault(engine, { kind: 'freeze' });
    },
    phases: [[0, 'HALT, frozen']],
    isTrouble: ({ halted }) => halted,
    truths: [
      { from: haltTold, halted: true },
      { from: 0, source: true, price: true },
    ],
  },
];
