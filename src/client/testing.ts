import { isoTime, systemClock } from '../core/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { randomId } from '../core/random.ts';
import type { CommandEffect, Granted } from '../wire/packet.ts';
import type { Path, TelemetryDocument } from './document.ts';
import { createEmitter } from './emitter.ts';
import { createFreshnessWatch } from './freshness.ts';
import { createReading } from './reading.ts';
import { createReceiver } from './receiver.ts';
import { Replica } from './replica.ts';
import { createRequests } from './requests.ts';
import { TelemetryError } from './telemetry-error.ts';
import type {
  ClientEvents,
  ClientState,
  CommandOptions,
  CommandProgress,
  ConnectionStatus,
  PathFreshness,
  TelemetryClient,
  TransportName,
} from './types.ts';
import { createView } from './view.ts';

export interface FakeClientOptions<Document extends object = TelemetryDocument> {
  /** What the client has from the start. Default: nothing, as before the first packet. */
  readonly document?: Partial<Document>;
  /** Default: `live` with a document, `connecting` without. */
  readonly state?: ClientState;
  /** What the gateway grants. Default: role `operator`, with commands open. */
  readonly granted?: Partial<Granted>;
}

/** A command that was given to a fake client, for the test to answer. */
export interface FakeCommand {
  readonly command: 'HALT' | 'RESUME';
  readonly options: CommandOptions;
  /** Resolves it. @param result what the engine answered; default null */
  ack(result?: JsonValue): void;
  /** Rejects it. @param effect default `none` */
  fail(code: string, message?: string, effect?: CommandEffect): void;
  /** Tells its `onProgress`. */
  progress(state: CommandProgress['state']): void;
}

/** A client that a test plays the gateway for. */
export interface FakeClient<Document extends object = TelemetryDocument> extends TelemetryClient<Document> {
  /**
   * Brings a whole document, as a packet does: listeners are called before this returns. Without `sources`, all in it
   * is fresh. A client that is not `live` or `polling` is `live` then.
   */
  play(document: Partial<Document>): void;
  /** @param reason default: empty */
  setState(state: ClientState, reason?: string): void;
  /**
   * Overrides what `freshness.of` says of a path, and of all below it; undefined: no longer.
   * @param path default: everything
   */
  setFreshness(freshness: Partial<PathFreshness> | undefined, path?: Path<Document>): void;
  /** Given so far, oldest first. */
  readonly commands: readonly FakeCommand[];
  /** What `setToken` was called with, oldest first. */
  readonly tokens: readonly Parameters<TelemetryClient['setToken']>[0][];
}

const transports: { readonly [State in ClientState]?: TransportName } = {
  live: 'websocket',
  polling: 'polling',
};
const operator: Granted = { mode: 'full', encoding: 'json', interval: 0, role: 'operator', commands: true };

/**
 * A client for tests of what an application makes of it. It has no connection and no timers; documents, states and
 * answers come from the test, and go the way that those of a gateway go.
 */
export function createFakeClient<Document extends object = TelemetryDocument>(
  options?: FakeClientOptions<Document>,
): FakeClient<Document>;
export function createFakeClient(options: FakeClientOptions = {}): FakeClient {
  const clock = systemClock;
  const view = createView({}, undefined);
  const replica = new Replica();
  const commands: FakeCommand[] = [];
  const tokens: Parameters<TelemetryClient['setToken']>[0][] = [];
  const overrides = new Map<string, Partial<PathFreshness>>();
  const statusOf = (state: ClientState, reason = ''): ConnectionStatus => ({
    state,
    reason,
    transport: transports[state],
    since: clock.now(),
  });
  let status = statusOf(options.state ?? (options.document ? 'live' : 'connecting'));
  let seq = 0;
  let heardAt: number | undefined;

  // What a listener throws is the test's to see.
  const emitter = createEmitter<ClientEvents>((error) => {
    throw error;
  });
  const isClosed = (): boolean => status.state === 'closed';
  const tellFreshness = (): boolean => emitter.emit('freshness', client.freshness);
  const watch = createFreshnessWatch({
    clock,
    maxAgeMs: Infinity,
    replica,
    status: () => status,
    intervalMs: () => (receiver.granted?.interval === 'pause' ? Infinity : 0),
    lagMs: () => 0,
    onChange: tellFreshness,
  });
  const receiver = createReceiver({
    clock,
    replica,
    emitter,
    timing: { connectMs: 0 },
    askForWhole() {},
    requests: createRequests(clock),
    freshness: watch,
  });
  const grant = (): Granted => {
    const { mode, encoding, interval, sections, symbol } = view.wanted();
    return {
      ...operator,
      ...options.granted,
      ...(mode && { mode }),
      ...(encoding && { encoding }),
      ...(interval && { interval }),
      ...(sections && { sections }),
      ...(symbol && { symbol }),
    };
  };
  /** The nearest of a path, and of what it is in. */
  const overrideOf = (path: string): Partial<PathFreshness> | undefined => {
    const above = path.slice(0, Math.max(0, path.lastIndexOf('.')));
    return overrides.get(path) ?? (path === '' ? undefined : overrideOf(above));
  };
  const enter = (next: ConnectionStatus): void => {
    status = next;
    emitter.emit('state', status);
    watch.tell();
  };
  const sources = { state: { status: 'fresh', since: isoTime(clock.now()) } };
  const take = (data: JsonObject): void => {
    seq += 1;
    heardAt = clock.monotonic();
    const packet = { seq, epoch: 'fake', data: { sources, ...data } };
    const isFirst = seq === 1;
    const first = { type: 'WELCOME', ...packet, granted: grant() } as const;
    receiver.take(isFirst ? first : { type: 'TELEMETRY', ...packet }, 0, true);
    watch.tell();
  };

  const client: FakeClient = {
    commands,
    tokens,
    get document() {
      return replica.document;
    },
    get sources() {
      return replica.held.sources ?? {};
    },
    get position() {
      return replica.position;
    },
    get status() {
      return status;
    },
    get granted() {
      return receiver.granted;
    },
    get wanted() {
      return view.wanted();
    },
    get freshness() {
      const reading = watch.read(heardAt, receiver.changedAt);
      const of = (path?: Path): PathFreshness => ({ ...reading.of(path), ...overrideOf(path ?? '') });
      return { ...reading, of, isFresh: of().state === 'fresh' };
    },
    get stats() {
      return { ...receiver.counts, reconnects: 0, transport: status.transport };
    },
    ...createReading(emitter, replica, isClosed),
    play(document) {
      if (!isJsonObject(document)) throw new TypeError('play: a document is an object of JSON values');
      if (transports[status.state] === undefined) enter(statusOf('live'));
      take(document);
    },
    setState: (state, reason) => enter(statusOf(state, reason)),
    setFreshness(freshness, path = '') {
      if (freshness) overrides.set(path, freshness);
      else overrides.delete(path);
      tellFreshness();
    },
    connect() {
      if (isClosed()) throw new TelemetryError('CLOSED', 'the client is closed');
      if (transports[status.state] === undefined) enter(statusOf('connecting'));
    },
    setToken(token) {
      tokens.push(token);
    },
    async setOptions(change) {
      view.propose(change).settle(true);
      const ack = { type: 'ACK', command: 'SUBSCRIBE', requestId: '', granted: grant() } as const;
      receiver.take(ack, 0, true);
      watch.tell();
      return receiver.granted;
    },
    command: (command, commandOptions = {}) =>
      new Promise((resolve, reject) => {
        const { requestId = randomId(), signal, onProgress } = commandOptions;
        const fake: FakeCommand = {
          command,
          options: commandOptions,
          ack: (result = null) => resolve({ command, requestId, result }),
          fail: (code, message = code, effect = 'none') =>
            reject(new TelemetryError(code, message, { command, requestId, effect })),
          progress: (state) => onProgress?.({ state }),
        };
        commands.push(fake);
        const cancel = (): void => fake.fail('CANCELLED', 'cancelled');
        signal?.addEventListener('abort', cancel);
        if (isClosed()) fake.fail('CLOSED', 'the client is closed');
        else if (signal?.aborted) cancel();
      }),
    close() {
      if (isClosed()) return;
      enter(statusOf('closed'));
      for (const command of commands) command.fail('CLOSED', 'the client is closed');
      emitter.clear();
    },
  };
  if (options.document) client.play(options.document);
  if (options.state) status = statusOf(options.state);
  return client;
}
