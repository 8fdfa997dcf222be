import type { TelemetryClientOptions } from '../../src/client/index.ts';
import { connectToFake, type FakeGateway } from './fake-gateway.ts';

/** The gateway’s end of a stream of Server-Sent Events. */
export interface FakeStream {
  say(packet: object): Promise<void>;
  comment(): Promise<void>;
}

/** A client that has no WebSocket, and gets a stream for each request. */
export async function connectToStreams(
  options: Partial<TelemetryClientOptions> = {},
): Promise<FakeGateway & { readonly streams: readonly FakeStream[] }> {
  const streams: FakeStream[] = [];
  const open = (): Response => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const write = async (text: string): Promise<void> => {
          controller.enqueue(new TextEncoder().encode(text));
          await gateway.advance(0);
        };
        streams.push({
          say: (packet) => write(`data: ${JSON.stringify(packet)}\n\n`),
          comment: () => write(':\n\n'),
        });
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const gateway = await connectToFake({ WebSocket: null, fetch: () => Promise.resolve(open()), ...options });
  return Object.assign(gateway, { streams });
}
