import type { Chain, ChainParts } from './chain.ts';
import { createCommands } from './commands.ts';
import type { ConnectionEvents } from './connection.ts';
import type { TelemetryDocument } from './document.ts';
import { createEmitter } from './emitter.ts';
import { FallbackChain, transportsOf } from './fallback-chain.ts';
import { createFreshnessWatch, type FreshnessWatch } from './freshness.ts';
import { readOptions } from './options.ts';
import { onWake, platform } from './platform.ts';
import { createReading } from './reading.ts';
import { createReceiver } from './receiver.ts';
import { Replica } from './replica.ts';
import { createRequests } from './requests.ts';
import { TelemetryError } from './telemetry-error.ts';
import { createTokens } from './tokens.ts';
import type {
  ClientEvents,
  ClientState,
  ConnectionStatus,
  TelemetryClient,
  TelemetryClientOptions,
  ViewChange,
} from './types.ts';
import { createView } from './view.ts';

/**
 * Connects to a gateway, and stays connected until `close()`. Throws where an option cannot be used; everything that
 * goes wrong later is told by `status` and the event `error`.
 *
 * Connections bring packets, the receiver keeps the replica by them, and all of it makes the status.
 */
export function createTelemetryClient<Document extends object = TelemetryDocument>(
  options: TelemetryClientOptions,
): TelemetryClient<Document>;
export function createTelemetryClient(options: TelemetryClientOptions): TelemetryClient {
  return createClient(
    options,
    ({ view, since, context }) => new FallbackChain(transportsOf(context, view, since), context),
  );
}

/** A client that comes by its document in the way that `connect` knows. */
export function createClient(
  options: TelemetryClientOptions,
  connect: (parts: ChainParts) => Chain,
): TelemetryClient {
  const settings = readOptions(options);
  const { clock } = settings;
  const view = createView(options, options.codec);
  const replica = new Replica();
  const requests = createRequests(clock);
  let isStarted = options.connect !== false;
  let status: ConnectionStatus = {
    state: isStarted ? 'connecting' : 'idle',
    reason: '',
    transport: undefined,
    since: clock.now(),
  };
  let isClosed = false;
  let reconnects = -1;
  let heardAt: number | undefined;
  /** Of the view that is polled, where nothing is granted in so many words. */
  let polledInterval: ViewChange['interval'];

  const emitError = (code: string, message: string, cause: unknown): boolean =>
    emitter.emit('error', new TelemetryError(code, message, { cause }));
  const emitter = createEmitter<ClientEvents>((cause, during) => {
    if (during !== 'error' && emitError('LISTENER', 'a listener threw', cause)) return;
    // Shown where uncaught errors are, without making it one: Node would end the process.
    (platform.reportError ?? platform.console.error)(cause);
  });

  const lagMs = (): number => chain.live?.lagMs ?? 0;
  const freshness: FreshnessWatch = createFreshnessWatch({
    ...settings,
    replica,
    status: () => status,
    intervalMs() {
      const interval = receiver.interval ?? polledInterval;
      return interval === 'pause' ? Infinity : (interval ?? 0);
    },
    lagMs,
    onChange: () => emitter.emit('freshness', client.freshness),
  });

  const receiver = createReceiver({
    ...settings,
    replica,
    requests,
    emitter,
    freshness,
    askForWhole: (isStuck) => chain.askForWhole(isStuck),
  });

  const refresh = (): void => {
    if (isStarted && !isClosed) chain.update();
    const { live } = chain;
    const { hasDocument } = replica;
    const transport = live?.transport;
    let state: ClientState = transport === 'polling' ? 'polling' : 'live';
    if (!live || live.isSilent) state = 'stale';
    if (!hasDocument) state = 'connecting';
    state = chain.refusal ?? state;
    if (!isStarted) state = 'idle';
    if (isClosed) state = 'closed';
    const waiting = live && !hasDocument ? 'the engine has not answered yet' : '';
    const reason = live?.isSilent ? 'silent' : waiting || chain.reasons;
    if (status.state !== state || status.reason !== reason || status.transport !== transport) {
      const since = status.state === state ? status.since : clock.now();
      status = { state, reason, transport, since };
      emitter.emit('state', status);
    }
    freshness.tell();
  };

  const events: ConnectionEvents = {
    onHeard() {
      heardAt = clock.monotonic() - lagMs();
    },
    onMessage(message, bytes, connection) {
      receiver.take(message, bytes, chain.live === connection);
      // The first message of a new connection comes before `onLive`, which then updates the status.
      if (chain.live?.transport === status.transport) refresh();
    },
    onLive(transport) {
      polledInterval = view.wanted().interval;
      if (transport === 'polling') receiver.forgetGranted();
      else reconnects += 1;
      requests.connected(receiver.granted);
      refresh();
    },
    onChange: refresh,
  };
  /** Undefined with a live connection, which changes the replica meanwhile: a delta from here would not fit any more. */
  const since = (): string | undefined => {
    const { position } = replica;
    return position && chain.live === undefined ? `${position.epoch}-${position.seq}` : undefined;
  };
  const tokens = createTokens({
    ...settings,
    onRenewed: () => chain.renew(),
    onFault: (cause) => emitError('TOKEN', 'the provider failed', cause),
  });
  const context = { ...settings, tokens, requests, emitter, events };
  const chain = connect({ view, replica, context, since, granted: () => receiver.granted });
  const leaveWake = onWake(() => chain.wake());
  if (isStarted) chain.update();

  const client: TelemetryClient = {
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
      return freshness.read(heardAt, receiver.changedAt);
    },
    get stats() {
      const { transport } = status;
      return { ...receiver.counts, reconnects: Math.max(0, reconnects), transport };
    },
    ...createReading(emitter, replica, () => isClosed),
    connect() {
      if (isClosed) throw new TelemetryError('CLOSED', 'the client is closed');
      isStarted = true;
      if (chain.refusal) chain.stop();
      refresh();
    },
    setToken(token) {
      if (isClosed) return;
      tokens.set(token);
      chain.stop();
      refresh();
    },
    ...createCommands(view, chain, context, () => !isStarted),
    close() {
      if (isClosed) return;
      isClosed = true;
      leaveWake();
      requests.close();
      receiver.close();
      tokens.set(undefined);
      chain.stop();
      refresh();
      freshness.close();
      emitter.clear();
    },
  };
  return client;
}
