import type {
  ConnectionStatus,
  HaltRemark,
  PathFreshness,
  Sources,
  TelemetryDocument,
} from '../../client/index.ts';
import { formatAge } from './format.ts';
import { isTold } from './knowledge.ts';

export type SituationKind =
  | 'connecting'
  | 'unauthorised'
  | 'refused'
  | 'unreachable'
  | 'unserved'
  | 'silent'
  | 'waiting'
  | 'engine-away'
  | 'standing-still'
  | 'partly'
  | 'status-unknown'
  | 'halted'
  | 'polling'
  | 'fallback'
  | 'live';

/** What is going on, for people. */
export interface Situation {
  readonly kind: SituationKind;
  readonly tone: 'up' | 'warn' | 'down' | 'muted';
  /** One sentence that may hold a time running on. Moments in it are ISO 8601. */
  readonly text: string;
  /** The same without the time: worth reading out when it changes. */
  readonly announcement: string;
}

export interface SituationInput {
  readonly status: ConnectionStatus;
  /** What the engine says that it does. */
  readonly engineStatus: TelemetryDocument['status'];
  readonly sources: Sources;
  /** Of the engine's state. */
  readonly freshness: Pick<PathFreshness, 'state' | 'error'>;
  /** Paths that events keep current while their source is not. */
  readonly live: readonly string[];
  /** Epoch ms. */
  readonly now: number;
  /** Since when the engine has not answered, epoch ms; undefined: it does, or nobody knows. */
  readonly awaySince: number | undefined;
  /** Whether the browser says that it is on a network. */
  readonly isOnline: boolean;
}

const lastKnown = 'values are the last known';
/** More names are not read in passing. */
const maxNames = 3;
/** In the gateway's own words, it is there and does not know the path: of what was tried, this is the plainest. */
const isUnserved = /NOT_FOUND: GET \S*\/api\/telemetry$/;
const unserved = 'This gateway serves no telemetry (“telemetry” is not among its DIALECTS)';
/** How the gateway words that the engine answers with the same figures for ever. */
const standstill = /stands still/;

export function describeSituation(input: SituationInput): Situation {
  const { status, freshness } = input;
  switch (status.state) {
    case 'idle':
    case 'connecting':
      return describeConnecting(input);
    case 'stale':
    case 'closed':
      return describeLost(input);
    case 'unauthorized':
    case 'refused':
      return describeRefusal(input);
    default:
      return freshness.state === 'fresh' ? describeFresh(input) : describeEngineAway(input);
  }
}

/** What to do about it is told below, where there is room. */
function describeRefusal({ status, sources }: SituationInput): Situation {
  const hasFigures = Object.keys(sources).length > 0;
  const until = hasFigures ? `. Until then, ${lastKnown}` : '';
  if (status.state === 'refused') {
    return say('refused', 'down', `The gateway does not let this page in: see below${until}`);
  }
  const wish = hasFigures ? 'The gateway wants another token' : 'This gateway wants a token';
  return say('unauthorised', 'warn', `${wish}: enter one below${until}`);
}

function describeConnecting({ status, isOnline }: SituationInput): Situation {
  if (isTold(status)) {
    return say('waiting', 'warn', 'The engine has not answered yet: no figures are known');
  }
  if (status.transport !== undefined) return say('silent', 'warn', 'Gateway silent: no figures are known');
  if (!isOnline) return say('connecting', 'down', 'This device is offline: waiting for the network');
  if (isUnserved.test(status.reason)) return say('unserved', 'down', unserved);
  return status.reason === ''
    ? say('connecting', 'muted', 'Connecting to the gateway …')
    : say('connecting', 'down', 'Gateway unreachable, trying again and again');
}

function describeLost({ status, now, isOnline }: SituationInput): Situation {
  const age = formatAge(now - status.since);
  const lost = (kind: SituationKind, tone: Situation['tone'], what: string): Situation => ({
    kind,
    tone,
    text: `${what} for ${age}: ${lastKnown}`,
    announcement: `${what}: ${lastKnown}`,
  });
  if (status.state === 'closed') return lost('unreachable', 'down', 'Disconnected');
  if (!isOnline) return lost('unreachable', 'down', 'This device has been offline');
  if (status.transport !== undefined) return lost('silent', 'warn', 'Gateway silent');
  if (isUnserved.test(status.reason)) return say('unserved', 'down', `${unserved}: ${lastKnown}`);
  return lost('unreachable', 'down', 'Reconnecting: gateway unreachable');
}

function describeEngineAway({ freshness, live, now, awaySince }: SituationInput): Situation {
  const tone = freshness.state === 'down' ? 'down' : 'warn';
  const rest = live.length === 0 ? lastKnown : `${namesOf(live)} by events, the rest is the last known`;
  const { error = '' } = freshness;
  if (standstill.test(error)) {
    return say('standing-still', tone, `${error.charAt(0).toUpperCase()}${error.slice(1)}: ${rest}`);
  }
  const age = awaySince === undefined ? '' : ` ${formatAge(now - awaySince)} ago`;
  return {
    kind: 'engine-away',
    tone,
    text: `Engine stopped answering${age}: ${rest}`,
    announcement: `Engine stopped answering: ${rest}`,
  };
}

/** `price is live`, of the paths of the document that are. */
function namesOf(live: readonly string[]): string {
  const all = live.map((path) => path.split('.').slice(-1).join().replaceAll('_', ' '));
  // It comes along with the price, and nobody waits for it.
  const names = all.length > 1 ? all.filter((name) => name !== 'symbol') : all;
  if (names.length > maxNames) return `${names.length} values are live`;
  const last = names.slice(-1).join();
  return names.length === 1 ? `${last} is live` : `${names.slice(0, -1).join(', ')} and ${last} are live`;
}

function describeFresh({ status, engineStatus, sources: all }: SituationInput): Situation {
  const { state, transport } = status;
  const sources = Object.entries(all);
  const late = sources.filter(([, source]) => source.status !== 'fresh').map(([name]) => name);
  const count = sources.length - late.length;
  const fresh = `${count} ${count === 1 ? 'source' : 'sources'} fresh`;
  const rest = late.length === 0 ? fresh : `${fresh}, no news of ${late.join(', ')}`;
  if (engineStatus === 'HALT') return say('halted', 'down', `Trading is halted · ${rest}`);
  if (!engineStatus) return say('status-unknown', 'warn', `Live · the engine’s status is unknown · ${rest}`);
  if (state === 'polling') return say('polling', 'warn', `Live updates unavailable: polling · ${rest}`);
  if (late.length > 0) return say('partly', 'warn', `Live · ${rest}`);
  if (transport === 'sse') return say('fallback', 'up', `Live, without WebSocket · ${rest}`);
  return say('live', 'up', `Live · ${rest}`);
}

function say(kind: SituationKind, tone: Situation['tone'], text: string): Situation {
  return { kind, tone, text, announcement: text };
}

type EngineStatus = TelemetryDocument['status'];

/** By whom trading was halted, when and why, as far as the gateway tells. The moment is ISO 8601. */
export function describeHalt({ by, role, reason, at }: HaltRemark, status: EngineStatus): string {
  const operator = role === 'operator' ? 'an operator' : '';
  const who = by === undefined ? operator : `${by}${role === undefined ? '' : ` (${role})`}`;
  const words = [
    // Before the engine shows it, the HALT was only ordered.
    status === 'HALT' ? 'Halted' : 'HALT',
    who === '' ? '' : `by ${who}`,
    at === undefined ? '' : `at ${at}`,
  ];
  const sentence = words.filter((word) => word !== '').join(' ');
  return reason === undefined || reason === '' ? sentence : `${sentence}: ${reason}`;
}

/**
 * What the engine said yes to and does not do; undefined: there is nothing of the kind, or nobody says so.
 *
 * @param state what the gateway says of the source `state`
 */
export function describeContradiction(state: Sources[string] | undefined, status: EngineStatus) {
  if (state?.contradicted !== true) return undefined;
  const now = status || 'something else';
  // What contradicts a RESUME is a HALT, and nothing else.
  return status === 'HALT'
    ? `The engine acknowledged RESUME, and says that it is ${now}: trading may still be halted.`
    : `The engine acknowledged HALT, and says that it is ${now}: it may still be trading.`;
}
