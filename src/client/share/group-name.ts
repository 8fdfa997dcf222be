import type { ClientSettings } from '../options.ts';
import { readClaims } from '../tokens.ts';
import type { TelemetryClient } from '../types.ts';

/** Of the messages between tabs: pages of another version of this code form groups of their own. */
const version = 1;

/** What each issue of a token has anew, whoever it is for. */
const ofOneIssue = new Set(['iat', 'exp', 'nbf', 'jti', 'auth_time', 'nonce']);

/**
 * What tabs have in common that share a connection: address, options, and for whom the token speaks. Every tab's
 * provider may give it a token of its own, so what counts is what it claims, not when it was issued. Never holds the
 * token. Undefined where tabs cannot be told apart safely: then they do not share.
 */
export async function groupName(
  { base, WebSocket, maxAgeMs, timing }: ClientSettings,
  view: TelemetryClient['wanted'],
  token: string | undefined,
): Promise<string | undefined> {
  const bearer = token === undefined ? null : await bearerOf(token);
  if (bearer === undefined) return undefined;
  const { href } = base;
  const isSocketWanted = Boolean(WebSocket);
  return JSON.stringify(['telemetry-bff', version, href, isSocketWanted, maxAgeMs, timing, view, bearer]);
}

async function bearerOf(token: string): Promise<unknown> {
  const claims = Object.entries(readClaims(token));
  if (claims.length > 0) {
    return claims.filter(([claim]) => !ofOneIssue.has(claim)).sort(([a], [b]) => (a < b ? -1 : 1));
  }
  // A proxy in front of the gateway may take tokens that say nothing here. Browsers digest on https only.
  const digest = await crypto.subtle?.digest('SHA-256', new TextEncoder().encode(token));
  return digest && Array.from(new Uint8Array(digest));
}
