import type { ConnectionStatus, TelemetryDocument } from '../../client/index.ts';
import { formatAge } from './format.ts';
import { hasFigures, isSourceFresh } from './knowledge.ts';

export type SituationKind =
  | 'connecting'
  | 'unauthorised'
  | 'unreachable'
  | 'silent'
  | 'waiting'
  | 'engine-away'
  | 'partly'
  | 'halted'
  | 'polling'
  | 'fallback'
  | 'live';

/** What is going on, for people. */
export interface Situation {
  readonly kind: SituationKind;
  readonly tone: 'up' | 'warn' | 'down' | 'muted';
  /** One sentence that may hold a time running on. */
  readonly text: string;
  /** The same without the time: worth reading out when it changes. */
  readonly announcement: string;
}

export interface SituationInput {
  readonly status: ConnectionStatus;
  readonly document: TelemetryDocument;
  /** Epoch ms. */
  readonly now: number;
  /** Since when the engine has not answered, epoch ms; undefined: it does, or nobody knows. */
  readonly awaySince: number | undefined;
  /** Whether the gateway refuses the page for its token, or for want of one. */
  readonly isUnauthorised: boolean;
  /** Whether the browser says that it is on a network. */
  readonly isOnline: boolean;
}

const lastKnown = 'values are the last known';

export function describeSituation(input: SituationInput): Situation {
  const { status, document } = input;
  if (status.state === 'connecting') return describeConnecting(input);
  if (status.state === 'stale' || status.state === 'closed') return describeLost(input);
  if (isSourceFresh(document, 'state')) return describeFresh(status, document);
  return describeEngineAway(input);
}

function describeConnecting({ status, isUnauthorised, isOnline }: SituationInput): Situation {
  if (isUnauthorised) {
    return say('unauthorised', 'warn', 'This gateway wants a token: enter one under Connection');
  }
  if (!isOnline) return say('connecting', 'down', 'This device is offline: waiting for the network');
  return status.reason === ''
    ? say('connecting', 'muted', 'Connecting to the gateway …')
    : say('connecting', 'down', 'Gateway unreachable, trying again and again');
}

function describeLost({ status, now, isUnauthorised, isOnline }: SituationInput): Situation {
  const age = formatAge(now - status.since);
  const lost = (kind: SituationKind, tone: Situation['tone'], what: string): Situation => ({
    kind,
    tone,
    text: `${what} for ${age}: ${lastKnown}`,
    announcement: `${what}: ${lastKnown}`,
  });
  if (status.state === 'closed') return lost('unreachable', 'down', 'Disconnected');
  if (status.transport === undefined && isUnauthorised) {
    const wish = 'The gateway wants another token: enter one under Connection';
    return say('unauthorised', 'warn', `${wish}. Until then, ${lastKnown}`);
  }
  if (!isOnline) return lost('unreachable', 'down', 'This device has been offline');
  if (status.transport !== undefined) return lost('silent', 'warn', 'Gateway silent');
  return lost('unreachable', 'down', 'Reconnecting: gateway unreachable');
}

function describeEngineAway({ document, now, awaySince }: SituationInput): Situation {
  if (!hasFigures(document)) {
    return say('waiting', 'warn', 'The engine has not answered yet: no figures are known');
  }
  const age = awaySince === undefined ? '' : ` ${formatAge(now - awaySince)} ago`;
  const announcement = `Engine stopped answering: ${lastKnown}`;
  return {
    kind: 'engine-away',
    tone: document.sources?.state?.status === 'down' ? 'down' : 'warn',
    text: `Engine stopped answering${age}: ${lastKnown}`,
    announcement,
  };
}

function describeFresh({ state, transport }: ConnectionStatus, document: TelemetryDocument): Situation {
  const sources = Object.entries(document.sources ?? {});
  const late = sources.filter(([, { status }]) => status !== 'fresh').map(([name]) => name);
  const count = sources.length - late.length;
  const fresh = `${count} ${count === 1 ? 'source' : 'sources'} fresh`;
  const rest = late.length === 0 ? fresh : `${fresh}, no news of ${late.join(', ')}`;
  if (document.status === 'HALT') return say('halted', 'down', `Trading is halted · ${rest}`);
  if (state === 'polling') return say('polling', 'warn', `Live updates unavailable: polling · ${rest}`);
  if (late.length > 0) return say('partly', 'warn', `Live · ${rest}`);
  if (transport === 'sse') return say('fallback', 'up', `Live, without WebSocket · ${rest}`);
  return say('live', 'up', `Live · ${rest}`);
}

function say(kind: SituationKind, tone: Situation['tone'], text: string): Situation {
  return { kind, tone, text, announcement: text };
}
