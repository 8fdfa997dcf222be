import type { TelemetryDocument } from '../client/document.ts';
import type { TelemetryClient } from '../client/types.ts';
import { printable } from '../core/terminal-text.ts';

/**
 * The document; before the engine has answered, what is known besides. Null: the gateway has not spoken.
 */
export function knownOf({
  document,
  freshness,
  sources,
  position,
}: TelemetryClient): TelemetryDocument | null {
  if (position === undefined) return null;
  return freshness.of().state === 'initializing' ? { status: 'INITIALIZING', sources } : document;
}

/**
 * One line of `tail --json`, whole in itself: whoever has the last one knows all there is to know. Its shape is
 * stated in `src/config/README.md`.
 * @param changed top-level keys that changed since the line before; none: the connection or the freshness did
 */
export function jsonLine(client: TelemetryClient, changed: readonly string[], at: Date): string {
  const { status, freshness, position } = client;
  const { state: word, error = null } = freshness.of();
  const line = {
    time: at.toISOString(),
    state: status.state,
    reason: status.reason === '' ? null : status.reason,
    freshness: word,
    error,
    epoch: position?.epoch ?? null,
    seq: position?.seq ?? null,
    changed,
    document: knownOf(client),
  };
  return printable(JSON.stringify(line));
}

/** Prints a line for each update, and for each change of the state, its reason, or the freshness. */
export function printJson(client: TelemetryClient, print: (text: string) => void): void {
  let last = '';
  const onChange = (): void => {
    const { state, reason } = client.status;
    // By the end of this command.
    if (state === 'closed') return;
    const { state: word, error } = client.freshness.of();
    const now = JSON.stringify([state, reason, word, error]);
    // Freshness is announced where that of any path may have changed.
    if (now !== last) print(jsonLine(client, [], new Date()));
    last = now;
  };
  client.on('state', onChange);
  client.on('freshness', onChange);
  client.on('update', ({ changed }) => print(jsonLine(client, changed, new Date())));
}
