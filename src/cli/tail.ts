import { WebSocket } from 'ws';
import type { TelemetryDocument } from '../client/document.ts';
import { createTelemetryClient } from '../client/index.ts';
import { msgpack } from '../client/msgpack.ts';
import type { TelemetryClient } from '../client/types.ts';
import { printable } from '../core/terminal-text.ts';
import type { TailArguments } from './tail-arguments.ts';
import { inColour, plain, tailLine } from './tail-line.ts';

/** Of `--once`; with the start of the process less than 3 s. */
const onceMs = 2000;

export interface TailOutput {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly colour: boolean;
}

/**
 * Prints a line for each update of a gateway, reconnecting for ever.
 * @returns with `once` the exit code: 0 when the state was fresh in time (with `any`: when a WELCOME came), else 1.
 *   Otherwise it never returns.
 */
export async function tail({ connect, once, any }: TailArguments, output: TailOutput): Promise<number> {
  const client = createTelemetryClient({ ...connect, codec: msgpack, WebSocket });
  const complaint = (text: string) => output.complain(printable(`${text} – ${new URL(connect.url).host}`));
  client.on('error', ({ code, message }) => complaint(`${code}: ${message}`));
  if (once) return await printOnce(client, any, output, complaint);
  client.on('state', ({ state, reason, transport }) => {
    complaint(
      `${state}${transport === undefined ? '' : ` by ${transport}`}${reason === '' ? '' : `: ${reason}`}`,
    );
  });
  printUpdates(client, output);
  return await new Promise<number>(() => {});
}

async function printOnce(
  client: TelemetryClient,
  any: boolean,
  { print }: TailOutput,
  complaint: (text: string) => void,
): Promise<number> {
  const isGood = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), onceMs);
    const look = (): void => {
      if (!(any ? client.granted !== undefined : client.freshness.isFresh)) return;
      clearTimeout(timer);
      resolve(true);
    };
    client.on('granted', look);
    client.on('freshness', look);
  });
  const { position, granted, status } = client;
  const { state, error } = client.freshness.of();
  const why = (text: string | undefined): string => (text ? ` (${text})` : '');
  if (position !== undefined) {
    print(printable(JSON.stringify({ type: 'WELCOME', ...position, granted, data: knownOf(client) })));
    if (!isGood) complaint(`the state is ${state}${why(error)}`);
  } else {
    complaint(`no WELCOME within ${onceMs / 1000} s${why(status.reason)}`);
  }
  client.close();
  return isGood ? 0 : 1;
}

/** The document; before the engine has answered, what is known besides. */
function knownOf({ document, freshness, sources }: TelemetryClient): TelemetryDocument {
  return freshness.of().state === 'initializing' ? { status: 'INITIALIZING', sources } : document;
}

/** Prints a line for each update, and for changes of the sources before there is a document. */
export function printUpdates(
  client: TelemetryClient,
  { print, colour }: Pick<TailOutput, 'print' | 'colour'>,
): void {
  const recent: number[] = [];
  let bytesBefore = 0;
  let priceBefore: number | undefined;
  const printLine = (changed: readonly string[]): void => {
    const document = knownOf(client);
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
  };
  client.on('update', ({ document, changed }) => {
    if (Object.keys(document).length > 0) printLine(changed);
  });
  client.on('freshness', ({ of }) => {
    const isSaid = client.status.transport !== undefined;
    if (isSaid && of().state === 'initializing') printLine(['sources']);
  });
}
