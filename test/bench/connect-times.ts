import { within } from '../support/wait.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { readHead } from './packet-head.ts';
import { RawClient } from './raw-client.ts';
import { type Summary, summarise } from './stats.ts';

/**
 * Connect → WELCOME, ms, from the call that begins the TCP connection to the last byte of the frame.
 * @param onUpdate told of each update that follows, by its version. Default: nobody is
 */
export async function timeConnect(
  port: number,
  onUpdate: (seq: number) => void = () => {},
): Promise<{ readonly tookMs: number; readonly client: RawClient }> {
  const startedAt = monotonicMs();
  const connected = new Promise<{ tookMs: number; client: RawClient }>((resolve, reject) => {
    const client = new RawClient(port, {
      onPacket(bytes, start) {
        const at = monotonicMs();
        const { telemetry, seq } = readHead(bytes, start);
        if (telemetry) onUpdate(seq);
        else resolve({ tookMs: at - startedAt, client });
      },
      onEnd: (code) => reject(new Error(`closed with ${code} before WELCOME`)),
    });
  });
  return within('WELCOME', connected);
}

/** Times clients one after the other, which all stay until the end. */
export async function measureConnects(port: number, connections: number, everyMs: number): Promise<Summary> {
  const clients: RawClient[] = [];
  const times: number[] = [];
  for (let index = 0; index < connections; index += 1) {
    const { tookMs, client } = await timeConnect(port);
    clients.push(client);
    times.push(tookMs);
    await pause(everyMs);
  }
  for (const client of clients) client.stop();
  return summarise(times);
}
