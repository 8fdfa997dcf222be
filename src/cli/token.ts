/**
 * The token of a command: `--token`, or `TELEMETRY_TOKEN`, which others on the machine cannot see. Throws where it is
 * one that no header can hold: that would look like a network error.
 */
export function readToken(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const token = (given ?? (env.TELEMETRY_TOKEN || undefined))?.trim();
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new Error('--token (or TELEMETRY_TOKEN): expected a JSON Web Token, in one line without blanks');
}
