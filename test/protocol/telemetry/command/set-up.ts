import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../../../src/core/clock.ts';
import type { JsonValue } from '../../../../src/core/json.ts';
import { Commands } from '../../../../src/protocol/telemetry/command/commands.ts';
import { CommandEngine } from '../../../../src/protocol/telemetry/command/engine.ts';
import type {
  CommandOrder,
  CommandOutcome,
  CommandSender,
  CommandType,
} from '../../../../src/protocol/telemetry/command/order.ts';
import type { StatusListener } from '../../../../src/protocol/telemetry/document/documents.ts';
import { startEngineServer } from '../../../source/engine-server.ts';
import { commanding } from '../../../support/access.ts';
import { createTestContext } from '../../../support/context.ts';
import type { LogEntry } from '../../../support/memory-log.ts';
import { operator } from '../../../support/principals.ts';
import { type TestScope, waitFor } from '../../../support/wait.ts';

/** A command as the engine got it, waiting for what the test does with it. */
export type ReceivedCommand = Awaited<ReturnType<typeof receive>>;

async function receive(request: IncomingMessage, response: ServerResponse) {
  return {
    path: request.url ?? '',
    key: String(request.headers['idempotency-key']),
    headers: request.headers,
    body: await text(request),
    answer: (status = 200, body = '{"ok":true}', headers: Readonly<Record<string, string>> = {}) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body),
    /** Ends the connection without an answer. */
    drop: () => void request.socket.destroy(),
    /** Whether the connection has ended. */
    gone: () => request.socket.destroyed,
  };
}

/** An engine over real HTTP that answers commands when the test says so. Its port stays the same when reopened. */
export async function startCommandEngine() {
  const received: ReceivedCommand[] = [];
  const waiting: ReceivedCommand[] = [];
  let handler = (request: ReceivedCommand): void => void waiting.push(request);
  const server = await startEngineServer((request, response) => {
    const take = (command: ReceivedCommand): void => {
      received.push(command);
      handler(command);
    };
    receive(request, response).then(take, () => response.destroy());
  });
  return {
    url: server.url,
    /** Every command so far. */
    received: received as readonly ReceivedCommand[],
    open: () => server.restart(),
    close: () => server.stop(),
    /** The oldest not returned yet, which must be to this command. */
    async next(command: CommandType): Promise<ReceivedCommand> {
      const request = await waitFor(`a ${command} at the engine`, () => waiting.shift());
      const path = `/api/system/${command.toLowerCase()}`;
      if (!request.path.endsWith(path)) throw new Error(`${request.path} came before ${command}`);
      return request;
    },
    /** From now on every command is handed to this as it comes. */
    handle(next: (request: ReceivedCommand) => void): void {
      handler = next;
    },
  };
}

export const trader: CommandSender = {
  connectionId: 'c1',
  principal: { ...operator, address: '192.0.2.7' },
  transport: 'websocket',
};

/** Polls of the state that a test answers, as often as it likes. */
export function scriptedPolls(clock: Clock) {
  const listeners = new Set<StatusListener>();
  const polls = {
    /** Polls out of turn so far. */
    asked: 0,
    onStatus(listener: StatusListener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    poll(): void {
      polls.asked += 1;
    },
    /** A poll is answered that was begun just now, unless something else is said. */
    answer(status: JsonValue, startedAt = clock.monotonic()): void {
      for (const listener of listeners) listener(status, startedAt);
    },
  };
  return polls;
}

type CommandsOptions = ConstructorParameters<typeof Commands>[0];
type CommandEngineOptions = ConstructorParameters<typeof CommandEngine>[0];

/** Commands on a manual clock before an engine that waits for the test; both end with it. */
export async function setUpCommands(
  test: TestScope,
  { url, token, ...options }: Partial<CommandsOptions & Pick<CommandEngineOptions, 'url' | 'token'>> = {},
) {
  const engine = await startCommandEngine();
  const { clock, log, meter } = createTestContext();
  const state = { fresh: true, acks: 0 };
  const polls = scriptedPolls(clock);
  let keys = 0;
  const newKey = (): string => {
    keys += 1;
    return `key-${keys}`;
  };
  const commands = new Commands({
    engine: new CommandEngine({ url: url ?? engine.url, token, clock, polls, newKey }),
    isStateFresh: () => state.fresh,
    watch: {
      acked: () => {
        state.acks += 1;
      },
    },
    hub: { standStill: () => () => {} },
    ...{ commanding, log, meter },
    ...options,
  });
  test.onTestFinished(async () => {
    await commands.close(0);
    await engine.close();
  });
  /** Lets time pass in small steps, and the network have its turn, until `read` gives something. */
  const passTimeUntil = <T>(what: string, read: () => T | undefined | false, stepMs = 25): Promise<T> =>
    waitFor(what, () => {
      const value = read();
      if (value === undefined || value === false) clock.advance(stepMs);
      return value;
    });
  return {
    engine,
    clock,
    log,
    meter,
    state,
    polls,
    commands,
    run: (
      type: CommandType,
      order: Pick<CommandOrder, 'reason' | 'requestId'> = {},
      sender = trader,
    ): Promise<CommandOutcome> => commands.run({ type, ...order }, sender),
    passTimeUntil,
    /** Long enough for anything that is still to be sent to reach the engine. */
    async passTime(ms = 5000): Promise<void> {
      const until = clock.monotonic() + ms;
      await passTimeUntil(`${ms} ms`, () => clock.monotonic() >= until, 100);
    },
    audits: (): readonly LogEntry[] => log.entries.filter(({ message }) => message === 'operator command'),
  };
}

/** Keeps the outcome at hand for a test that looks whether it is there yet. */
export function watch(outcome: Promise<CommandOutcome>): { outcome: CommandOutcome | undefined } {
  const seen: { outcome: CommandOutcome | undefined } = { outcome: undefined };
  void outcome.then((value) => {
    seen.outcome = value;
  });
  return seen;
}
