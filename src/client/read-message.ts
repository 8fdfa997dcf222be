import type { LinkEvents } from './link.ts';
import { readPacket } from './server-packet.ts';
import type { Codec } from './types.ts';

/** Reads a message in whatever form a transport gives it, and tells what it was. */
export function readMessage(data: unknown, codec: Codec | undefined, { onMessage }: LinkEvents): void {
  if (typeof data === 'string') {
    onMessage(readPacket(attempt(() => JSON.parse(data))), utf8Length(data));
    return;
  }
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  if (bytes instanceof Uint8Array) onMessage(readPacket(attempt(() => codec?.decode(bytes))), bytes.length);
  else onMessage('malformed', 0);
}

function attempt(decode: () => unknown): unknown {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
