import { WebSocket } from 'ws';
import { createTelemetryClient } from '../client/index.ts';
import { msgpack } from '../client/msgpack.ts';
import type { TelemetryClient } from '../client/types.ts';
import type { TailArguments } from './tail-arguments.ts';
import { inColour, plain, tailLine } from './tail-line.ts';

/** How long `--once` waits for the WELCOME: with the start of the process, the whole takes less than 3 s. */
const onceMs = 2000;

export interface TailOutput {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly colour: boolean;
}

/**
 * Prints a line for each update of a gateway, reconnecting for ever.
 * @returns with `once`: the exit code, 0 when a WELCOME came and 1 when none did in time. Otherwise it never returns.
 */
export async function tail({ connect, once }: TailArguments, output: TailOutput): Promise<number> {
  const client = createTelemetryClient({ ...connect, codec: msgpack, WebSocket });
  const complaint = (text: string) => output.complain(`${text} – ${new URL(connect.url).host}`);
  client.on('error', ({ code, message }) => complaint(`${code}: ${message}`));
  if (once) return await printWelcome(client, output, complaint);
  client.on('state', ({ state, reason, transport }) => {
    complaint(
      `${state}${transport === undefined ? '' : ` by ${transport}`}${reason === '' ? '' : `: ${reason}`}`,
    );
  });
  printUpdates(client, output);
  return await new Promise<number>(() => {});
}

async function printWelcome(
  client: TelemetryClient,
  { print }: TailOutput,
  complaint: (text: string) => void,
): Promise<number> {
  const came = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), onceMs);
    client.on('granted', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  const { position, granted, document, status } = client;
  if (came) print(JSON.stringify({ type: 'WELCOME', ...position, granted, data: document }));
  else complaint(`no WELCOME within ${onceMs / 1000} s${status.reason === '' ? '' : ` (${status.reason})`}`);
  client.close();
  return came ? 0 : 1;
}

/** A line for each update from now on. */
export function printUpdates(
  client: TelemetryClient,
  { print, colour }: Pick<TailOutput, 'print' | 'colour'>,
): void {
  const recent: number[] = [];
  let bytesBefore = 0;
  let priceBefore: number | undefined;
  client.on('update', ({ document, changed }) => {
    const now = Date.now();
    recent.push(now);
    while ((recent[0] ?? now) < now - 1000) recent.shift();
    const { bytes } = client.stats;
    const update = {
      document,
      changed,
      seq: client.position?.seq ?? 0,
      bytes: bytes - bytesBefore,
      perSecond: recent.length,
      priceBefore,
    };
    print(tailLine(update, new Date(now), colour ? inColour : plain));
    bytesBefore = bytes;
    priceBefore = document.market?.price ?? undefined;
  });
}
