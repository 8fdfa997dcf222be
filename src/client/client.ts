import { createCommands } from './commands.ts';
import type { TelemetryDocument } from './document.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { createFreshnessWatch } from './freshness.ts';
import { createLadder } from './ladder.ts';
import type { LaneEvents } from './lane.ts';
import { createLanes } from './lanes.ts';
import { readOptions } from './options.ts';
import { onWake, platform } from './platform.ts';
import { createReceiver } from './receiver.ts';
import { createReplica } from './replica.ts';
import { createRequests } from './requests.ts';
import { createSelection } from './selection.ts';
import { stateOf } from './status.ts';
import { TelemetryError } from './telemetry-error.ts';
import { createTokens } from './tokens.ts';
import type {
  ClientEvents,
  ConnectionStatus,
  Freshness,
  TelemetryClient,
  TelemetryClientOptions,
} from './types.ts';
import { createView } from './view.ts';

/**
 * Connects to a gateway, and stays connected until `close()`. Throws where an option cannot be used; everything that
 * goes wrong later is told by `status` and the event `error`.
 *
 * Lanes bring packets, the receiver keeps the replica by them, and all of it makes the status.
 */
export function createTelemetryClient(options: TelemetryClientOptions): TelemetryClient {
  const settings = readOptions(options);
  const { clock, timing } = settings;
  const view = createView(options, options.codec);
  const replica = createReplica();
  const requests = createRequests(clock);
  let status: ConnectionStatus = {
    state: 'connecting',
    reason: '',
    transport: undefined,
    since: clock.now(),
  };
  let isClosed = false;
  let reconnects = -1;
  let heardAt: number | undefined;

  const emitError = (code: string, message: string, cause: unknown): void =>
    emitter.emit('error', new TelemetryError(code, message, { cause }));
  const emitter: Emitter<ClientEvents> = createEmitter((cause, during) => {
    if (during !== 'error' && emitter.has('error')) emitError('LISTENER', 'a listener threw', cause);
    // Shown where uncaught errors are, without making it one: Node would end the process.
    else (platform.reportError ?? platform.console.error)(cause);
  });

  const freshness = createFreshnessWatch({
    clock,
    maxAgeMs: settings.maxAgeMs,
    replica,
    status: () => status,
    intervalMs() {
      const { interval = 0 } = receiver.granted ?? {};
      return interval === 'pause' ? Infinity : interval;
    },
    onChange: () => emitter.emit('freshness', client.freshness),
  });

  const receiver = createReceiver({
    clock,
    replica,
    emitter,
    freshness,
    settle: requests.settle,
    wholeTimeoutMs: timing.connectMs,
    askForWhole(isStuck) {
      const { live } = ladder;
      if (isStuck || !live?.link?.send) live?.renew();
      else live.link.send({ type: 'RESYNC' });
    },
  });

  const refresh = (): void => {
    if (!isClosed) ladder.update();
    const { live } = ladder;
    const state = isClosed ? 'closed' : stateOf(live, replica.hasDocument);
    const waiting = live && !replica.hasDocument ? 'the engine has not answered yet' : '';
    const reason = live?.isSilent ? 'silent' : waiting || ladder.reasons;
    if (status.state !== state || status.reason !== reason || status.transport !== live?.name) {
      const since = status.state === state ? status.since : clock.now();
      status = { state, reason, transport: live?.name, since };
      emitter.emit('state', status);
    }
    freshness.tell();
  };

  const events: LaneEvents = {
    onHeard() {
      heardAt = clock.monotonic();
    },
    onMessage(message, bytes, link) {
      receiver.take(message, bytes, ladder.live?.link === link);
      // A connection that begins with it is not in the status yet: `onLive` follows.
      if (ladder.live?.name === status.transport) refresh();
    },
    onLive(transport, replaced) {
      if (transport === 'polling') receiver.forgetGranted();
      else reconnects += 1;
      if (replaced !== undefined) requests.retire(replaced);
      requests.connected(receiver.granted);
      refresh();
    },
    onEnded: requests.end,
    onRefused: requests.refuse,
    onChange: refresh,
  };
  const age = (at: number | undefined): number | undefined =>
    at === undefined ? at : clock.monotonic() - at;
  /** With a live connection the replica moves on meanwhile: a delta from where it is now would not fit it then. */
  const since = (): string | undefined => {
    const { position } = replica;
    return position && ladder.live === undefined ? `${position.epoch}-${position.seq}` : undefined;
  };
  const tokens = createTokens({
    ...settings,
    onRenewed: () => ladder.renew(),
    onFault: (cause) => emitError('TOKEN', 'the provider failed', cause),
  });
  const ladder = createLadder(createLanes(settings, view, since, { ...settings, tokens, events }));
  const { guard } = emitter;
  const { command, setOptions } = createCommands({ ...settings, ladder, requests, view, tokens, guard });
  const leaveWake = onWake(ladder.wake);
  ladder.update();

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
      const { of, worst } = freshness;
      // Below the values, which are all that counts where two of them are compared.
      const reading: Freshness = Object.create({ of });
      return Object.assign(reading, {
        isFresh: of().state === 'fresh',
        silentMs: age(heardAt),
        unchangedMs: age(replica.hasDocument ? receiver.changedAt : undefined),
        sources: worst,
      });
    },
    get stats() {
      const { transport } = status;
      return { ...receiver.counts, reconnects: Math.max(0, reconnects), transport };
    },
    on: emitter.on,
    select: <Value>(
      selection: string | ((document: TelemetryDocument) => Value),
      callback: (value: Value, previous: Value | undefined) => void,
      isEqual: (a: Value, b: Value) => boolean = Object.is,
    ) => {
      const take = createSelection(selection, callback, isEqual);
      if (replica.hasDocument) emitter.guard(() => take(replica.document));
      return emitter.on('update', ({ document }) => take(document));
    },
    setOptions,
    command,
    async *[Symbol.asyncIterator]() {
      let given: TelemetryDocument | undefined;
      let wake = (): void => {};
      const leave = [emitter.on('update', () => wake()), emitter.on('state', () => wake())];
      try {
        while (!isClosed) {
          const { document, hasDocument } = replica;
          if (document === given || !hasDocument) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          } else {
            given = document;
            yield document;
          }
        }
      } finally {
        for (const end of leave) end();
      }
      return undefined;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      leaveWake();
      requests.close();
      receiver.close();
      tokens.close();
      ladder.close();
      refresh();
      freshness.close();
      emitter.clear();
    },
  };
  return client;
}
