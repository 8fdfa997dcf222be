/** Key of the bench's events that holds when each was published, in µs of the clock all processes share. */
export const publishedKey = 'published_us';

const comma = 0x2c;
const zero = 0x30;
const telemetry = '{"type":"TELEMETRY","seq":';
const marker = `"${publishedKey}":`;

export interface PacketHead {
  readonly telemetry: boolean;
  /** 0: the packet does not begin with one. */
  readonly seq: number;
}

/** What is needed of a packet, read from its first bytes: parsing all of it a thousand times would be the load. */
export function readHead(bytes: Buffer, start: number): PacketHead {
  // {"type":"W…
  //          ^ 9
  if (bytes[start + 9] !== 0x54) return { telemetry: false, seq: 0 };
  // {"type":"TELEMETRY","seq":1
  //                      ^ 21
  if (bytes[start + 21] !== 0x73) return { telemetry: true, seq: 0 };
  return { telemetry: true, seq: readNumber(bytes, start + telemetry.length) };
}

/** When the newest event in the packet was published, ms; undefined where there is none in it. */
export function publishedAt(bytes: Buffer, start: number, end: number): number | undefined {
  const at = bytes.subarray(start, end).lastIndexOf(marker);
  return at < 0 ? undefined : readNumber(bytes, start + at + marker.length) / 1000;
}

function readNumber(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = from; bytes[at] !== comma; at += 1) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}
