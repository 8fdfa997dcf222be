import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type Resource, within } from '../../support/wait.ts';
import type { Summary } from '../stats.ts';

/** The clients of one run of the load generator. */
export interface Clients {
  readonly port: number;
  readonly clients: number;
  /** Default `/`. */
  readonly path?: string;
  /** Offered in the handshake. A server that does not take it up is a failure. Default: none. */
  readonly extensions?: string;
  /** They speak Socket.IO. Default false. */
  readonly socketIo?: boolean;
  /** No WebSocket: every so many bytes are a delivery. */
  readonly rawBytes?: number;
  /** Data messages with a smaller payload are no deliveries. Default 1. */
  readonly minBytes?: number;
}

export interface Rounds {
  readonly serverPid: number;
  /** What makes the server broadcast: bytes, and the port they are written to. */
  readonly trigger: { readonly port: number; readonly bytes: string };
  readonly rounds: number;
  readonly warmUp: number;
  /** Rounds a second. Default: each begins when the one before is complete. */
  readonly hz?: number;
}

/** What the load generator prints. */
export interface RoundsResult {
  readonly deliveries: number;
  readonly deliveriesACpuSecond: number;
  /** On the wire, framing included. */
  readonly bytesADelivery: number;
  readonly wallMs: number;
  readonly serverCpuMs: number;
  /** Trigger to the last client's delivery: of each round, and their percentiles. */
  readonly lastClientMs: readonly number[];
  readonly lastClient: Summary;
  /** Trigger to delivery, over all clients and rounds. */
  readonly everyClient: Summary;
}

/** Connected clients that read whatever comes and answer pings. */
export interface HeldClients extends Resource {
  /** Has every client write these bytes. */
  write(bytes: Buffer): Promise<void>;
  /** Ends the connections; rejects where the server had ended one before. */
  end(): Promise<void>;
}

const openTimeoutMs = 120_000;
const writeTimeoutMs = 20_000;

/** Runs rounds with clients of their own. Rejects with what the load generator says, such as an extension refused. */
export async function runRounds(program: string, clients: Clients, rounds: Rounds): Promise<RoundsResult> {
  const { serverPid, trigger, hz } = rounds;
  const child = start(program, [
    ...clientArgs(clients),
    ...['--rounds', `${rounds.rounds}`, '--warm-up', `${rounds.warmUp}`],
    ...(hz === undefined ? [] : ['--hz', `${hz}`]),
    ...['--server-pid', `${serverPid}`, '--trigger-port', `${trigger.port}`, '--trigger', trigger.bytes],
  ]);
  child.stdin.end();
  const [output] = await Promise.all([text(child.stdout), succeeded(child)]);
  return JSON.parse(output) as RoundsResult;
}

export async function holdClients(program: string, clients: Clients): Promise<HeldClients> {
  const child = start(program, clientArgs(clients));
  const ended = succeeded(child);
  const answers = createInterface({ input: child.stdout });
  const next = async (what: string, timeoutMs: number) => {
    const answered = once(answers, 'line');
    const early = ended.then(() => Promise.reject(new Error('the load generator ended early')));
    await within(what, Promise.race([answered, early]), timeoutMs);
  };
  try {
    await next('the clients to open', openTimeoutMs);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  // Told by whoever waits for it.
  ended.catch(() => {});
  return {
    async write(bytes) {
      child.stdin.write(`${bytes.toString('hex')}\n`);
      await next('the clients to write', writeTimeoutMs);
    },
    async end() {
      child.stdin.end();
      await ended;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

function clientArgs({ port, clients, path, extensions, socketIo, rawBytes, minBytes }: Clients): string[] {
  return [
    ...['--port', `${port}`, '--clients', `${clients}`],
    ...(path === undefined ? [] : ['--path', path]),
    ...(extensions === undefined ? [] : ['--extensions', extensions]),
    ...(socketIo === true ? ['--socket-io'] : []),
    ...(rawBytes === undefined ? [] : ['--raw', `${rawBytes}`]),
    ...(minBytes === undefined ? [] : ['--min', `${minBytes}`]),
  ];
}

function start(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, { stdio: 'pipe' });
  // A write to one that has ended is told by its exit code.
  child.stdin.on('error', () => {});
  return child;
}

/** Rejects with what the program said where it did not end with 0. */
async function succeeded(child: ChildProcessWithoutNullStreams): Promise<void> {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => {
    said += words;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(said.trim() || `the load generator ended with ${code ?? signal}`);
}
