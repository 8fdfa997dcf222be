import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { Admission } from './admission.ts';
import type { CredentialRequest } from './credentials.ts';
import { createEntrance, type Entrance, type Permission } from './entrance.ts';
import { createGate } from './gate.ts';
import { createGuard, type Guard } from './guard.ts';
import { createIngestEntrance, type IngestEntrance } from './ingest.ts';
import { createOperatorOnly } from './operator-only.ts';
import { createOrigins, type OriginOptions, type Origins } from './origins.ts';
import { type Refusal, Refusals } from './refusals.ts';
import type { Role } from './role.ts';
import { createVerifier, type VerifierOptions } from './verifier.ts';
import { Visitors } from './visitors.ts';

export interface AccessOptions extends OriginOptions {
  /** How tokens are verified. Undefined: there is no auth. */
  readonly tokens: VerifierOptions | undefined;
  /** Names of those that demand a token. */
  readonly demanding: readonly string[];
  readonly defaultRole: Role | undefined;
  readonly allowCommands: boolean;
  readonly allowIngest: boolean;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
}

export interface AccessParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** Ends the connection of the viewer that is furthest behind. False: there is none. */
  readonly dismissViewer: () => boolean;
}

type Verdict = Promise<{ readonly ok: true } | Refusal>;

/** Who may connect, and do what. */
export interface Access {
  readonly origins: Origins;
  readonly visitors: Visitors;
  readonly refusals: Refusals;
  readonly guard: Guard;
  readonly admission: Admission;
  entranceTo(dialect: string): Entrance;
  ingestTo(dialect: string): IngestEntrance;
  /** Who may know who else is there. */
  operatorsOf(dialect: string): (request: CredentialRequest) => Verdict;
  /** Who may have something done in the gateway's name: to change anything takes a command's permission. */
  mayForward(
    dialect: string,
  ): (
    request: CredentialRequest,
    unsafe: boolean,
  ) => Promise<{ readonly ok: true; readonly permission: Permission } | Refusal>;
}

export function createAccess(options: AccessOptions, { dismissViewer, ...parts }: AccessParts): Access {
  const { tokens, demanding, defaultRole, trustedProxies } = options;
  const origins = createOrigins(options);
  const visitors = new Visitors(trustedProxies);
  const refusals = new Refusals({ ...parts, visitors });
  const gate = createGate({
    verifier: tokens === undefined ? undefined : createVerifier(tokens),
    demanding: new Set(demanding),
    defaultRole,
  });
  const guard = createGuard({ gate, origins, refusals });
  const common = { ...options, guard, authEnabled: gate.enabled, origins, visitors };
  const entranceTo = (dialect: string): Entrance => createEntrance(dialect, common);
  return {
    ...{ origins, visitors, refusals, guard, entranceTo },
    admission: new Admission(common, { ...parts, origins, visitors, refusals, dismissViewer }),
    ingestTo: (dialect) => createIngestEntrance(dialect, common),
    operatorsOf: (dialect) => createOperatorOnly({ ...common, entrance: entranceTo(dialect) }),
    mayForward(dialect) {
      const entrance = entranceTo(dialect);
      return async (request, unsafe) => {
        const entry = await entrance(request);
        if (!entry.ok || !unsafe || entry.permission.commands) return entry;
        return entry.permission.refusal === 'ORIGIN_REFUSED'
          ? { ok: false, code: 'ORIGIN_REFUSED', detail: 'see ALLOWED_ORIGINS, where * lists none here' }
          : {
              ok: false,
              code: 'FORBIDDEN_ROLE',
              detail: 'this method needs the role operator, or ALLOW_COMMANDS',
            };
      };
    },
  };
}
