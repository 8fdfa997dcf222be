import { createTelemetryClient } from '../client/index.ts';
import { msgpack } from '../client/msgpack.ts';
import type { TelemetryClient } from '../client/types.ts';
import { printable } from '../core/terminal-text.ts';
import { ExplainedWebSocket } from './explained-web-socket.ts';
import type { TailArguments } from './tail-arguments.ts';
import { jsonLine, knownOf, printJson } from './tail-json.ts';
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
 * @returns the exit code. With `once`: 0 when the state was fresh in time (with `any`: when a WELCOME came), else 1.
 *   Otherwise it only returns where the gateway refuses it for good, with 1.
 */
export async function tail({ connect, once, any, json }: TailArguments, output: TailOutput): Promise<number> {
  const client = createTelemetryClient({ ...connect, codec: msgpack, WebSocket: ExplainedWebSocket });
  const complaint = (text: string) => output.complain(printable(`${text} – ${new URL(connect.url).host}`));
  client.on('error', ({ code, message }) => complaint(`${code}: ${message}`));
  const refused = refusalOf(client);
  if (once) return await printOnce(client, refused, { any, json, print: output.print, complaint });
  client.on('state', ({ state, reason, transport }) => {
    // By the end of this command.
    if (state === 'closed') return;
    complaint(
      `${state}${transport === undefined ? '' : ` by ${transport}`}${reason === '' ? '' : `: ${reason}`}`,
    );
  });
  if (json) printJson(client, output.print);
  else printUpdates(client, output);
  await refused;
  client.close();
  return 1;
}

/** Resolves where the gateway lets this client in no more, until somebody changes a setting or the token. */
function refusalOf(client: TelemetryClient): Promise<void> {
  return new Promise((resolve) => {
    client.on('state', ({ state }) => {
      if (state === 'unauthorized' || state === 'refused') resolve();
    });
  });
}

async function printOnce(
  client: TelemetryClient,
  refused: Promise<void>,
  {
    any,
    json,
    print,
    complaint,
  }: Pick<TailArguments, 'any' | 'json'> &
    Pick<TailOutput, 'print'> & { readonly complaint: (text: string) => void },
): Promise<number> {
  const isGood = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), onceMs);
    const end = (isGood: boolean): void => {
      clearTimeout(timer);
      resolve(isGood);
    };
    const look = (): void => {
      if (any ? client.granted !== undefined : client.freshness.isFresh) end(true);
    };
    client.on('granted', look);
    client.on('freshness', look);
    void refused.then(() => end(false));
  });
  const { position, granted, status } = client;
  const { state, error } = client.freshness.of();
  const why = (text: string | undefined): string => (text ? ` (${text})` : '');
  if (json) print(jsonLine(client, [], new Date()));
  if (position !== undefined) {
    if (!json)
      print(printable(JSON.stringify({ type: 'WELCOME', ...position, granted, data: knownOf(client) })));
    if (!isGood) complaint(`the state is ${state}${why(error)}`);
  } else if (status.state === 'unauthorized' || status.state === 'refused') {
    complaint(`${status.state}${why(status.reason)}`);
  } else {
    complaint(`no WELCOME within ${onceMs / 1000} s${why(status.reason)}`);
  }
  client.close();
  return isGood ? 0 : 1;
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
    if (document === null) return;
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
