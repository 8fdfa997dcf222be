import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { isJsonObject } from '../../src/core/json.ts';
import { type Packet, toPacket } from './client.ts';
import { type Resource, waitFor, within } from './wait.ts';

/** An event as it came, comments left out. */
export interface StreamEvent {
  readonly id: string;
  readonly packet: Packet;
}

/** A reader of Server-Sent Events over a connection of its own. */
export interface EventStreamClient extends Resource {
  readonly headers: IncomingHttpHeaders;
  readonly events: readonly StreamEvent[];
  readonly packets: readonly Packet[];
  /** Lines that are no part of an event: comments and `retry`. */
  readonly otherLines: readonly string[];
  /** The first event after the one last returned that satisfies the predicate. */
  next(wanted?: (packet: Packet) => boolean): Promise<StreamEvent>;
  /** Stops reading from the socket, and reads again. */
  pause(): void;
  resume(): void;
  /** Resolves when the stream is over, whoever ended it. */
  readonly closed: Promise<void>;
}

/** A request for a stream that was answered with something other than 200. */
export class StreamRefused extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;

  constructor(status: number, headers: IncomingHttpHeaders, body: string) {
    super(`stream refused with ${status}: ${body}`);
    this.status = status;
    this.headers = headers;
  }
}

/** Opens a stream, or rejects with StreamRefused. */
export async function openEventStream(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventStreamClient> {
  const asking = request(url, { headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject);
  });
  asking.end();
  const response = await within(`an answer from ${url}`, answered);
  if (response.statusCode !== 200) {
    throw new StreamRefused(response.statusCode ?? 0, response.headers, await text(response));
  }
  asking.on('error', () => {});
  const events: StreamEvent[] = [];
  const otherLines: string[] = [];
  let given = 0;
  let unread = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = `${unread}${chunk}`.split('\n\n');
    unread = blocks.pop() ?? '';
    for (const block of blocks) readBlock(block, events, otherLines);
  });
  response.on('error', () => {});
  const closed = new Promise<void>((resolve) => response.once('close', resolve));

  return {
    headers: response.headers,
    events,
    get packets() {
      return events.map(({ packet }) => packet);
    },
    otherLines,
    next: (wanted = () => true) =>
      waitFor(
        'an event',
        () => {
          const at = events.findIndex(({ packet }, index) => index >= given && wanted(packet));
          if (at < 0) return undefined;
          given = at + 1;
          return events[at];
        },
        { state: () => events.at(-1)?.packet.text },
      ),
    pause: () => void response.socket.pause(),
    resume: () => void response.socket.resume(),
    closed,
    stop: () => void asking.destroy(),
  };
}

/** How a stream that must not open was refused. */
export async function streamRefusalOf(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<StreamRefused> {
  try {
    const stream = await openEventStream(url, headers);
    await stream.stop();
  } catch (error) {
    if (error instanceof StreamRefused) return error;
    throw error;
  }
  throw new Error(`${url} was opened`);
}

/** WHATWG HTML §9.2.6, as far as the gateway uses it. */
function readBlock(block: string, events: StreamEvent[], otherLines: string[]): void {
  const lines = block.split('\n');
  const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
  const ids = lines.filter((line) => line.startsWith('id: ')).map((line) => line.slice(4));
  otherLines.push(...lines.filter((line) => !line.startsWith('data: ') && !line.startsWith('id: ')));
  if (data.length === 0) return;
  const joined = data.join('\n');
  const body: unknown = JSON.parse(joined);
  if (!isJsonObject(body)) throw new Error(`not a packet: ${joined}`);
  const bytes = Buffer.byteLength(joined);
  events.push({ id: ids.at(-1) ?? '', packet: toPacket(body, joined, { isBinary: false, bytes }) });
}
