import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Access, type AccessOptions, type AccessParts } from '../../src/access/access.ts';
import { type OriginOptions, Origins } from '../../src/access/origins.ts';
import { Policies } from '../../src/access/policy.ts';
import type { Claims, Verifier } from '../../src/access/verifier.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryMeter } from './memory-meter.ts';

/** A gateway's access with its defaults, with a log and figures to look at. */
export function setUpAccess({
  verifier,
  dismissViewer = () => false,
  ...options
}: Partial<AccessOptions & Pick<AccessParts, 'verifier' | 'dismissViewer'>> = {}) {
  const parts = { clock: createManualClock(), log: createMemoryLog(), meter: createMemoryMeter() };
  return {
    ...parts,
    access: new Access({ ...defaultAccess, ...options }, { ...parts, verifier, dismissViewer }),
    /** Lines of the log about who was refused. */
    refused: () => parts.log.entries.filter(({ message }) => message === 'refused'),
    /** Refusals so far, by their code. */
    counted: (code: string) =>
      parts.meter.value('bff_rejected_total', { edge: 'auth', reason: code.toLowerCase() }),
  };
}

export const defaultAccess: AccessOptions = {
  allowed: '*',
  hosts: undefined,
  onLoopback: false,
  trustedProxies: 0,
  demanding: [],
  defaultRole: undefined,
  allowCommands: false,
  allowIngest: false,
  maxConnections: 0,
  maxConnectionsPerIp: 0,
};

const policies = new Policies(defaultAccess);
/** What it takes to command, and to look, by the defaults. */
export const { commanding } = policies;
export const viewing = policies.viewing('test');

/** Takes every token for one that says this. */
export function verifierOf(claims: Partial<Claims>): Pick<Verifier, 'verify'> {
  return { verify: async () => ({ subject: undefined, expiresAt: 99, ...claims }) };
}

/** What pages may do, with the defaults of a gateway that listens everywhere. */
export function originsFor(allowed: OriginOptions['allowed'] = '*', options: Partial<OriginOptions> = {}) {
  return new Origins({ allowed, hosts: undefined, onLoopback: false, trustedProxies: 0, ...options });
}

/** A request with these headers, those that are undefined left out. */
export function pageRequest(headers: Readonly<Record<string, string | undefined>>) {
  return { headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) };
}

/** A request as a server is handed it, from the address in `X-Forwarded-For`, where a proxy is trusted. */
export function incoming(headers: Readonly<Record<string, string>> = {}, url = '/'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  request.url = url;
  return request;
}
