import { backoffMs } from '../core/backoff.ts';
import type { Cancel, Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import { createHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { Link, LinkEnd, LinkEvents, OpenLink, ViewFault } from './link.ts';
import type { PacketRead } from './server-packet.ts';
import type { Tokens } from './tokens.ts';
import type { Timing, TransportName } from './types.ts';

/** What a lane tells of its connections. */
export interface LaneEvents {
  /** Bytes came, whatever they are. */
  onHeard(): void;
  /** `link` is the lane's current one, except for what comes by one that was replaced. */
  onMessage(message: PacketRead, bytes: number, link: Link): void;
  /** A connection gave its first document. `replaced` is the one before, if it is still open: close it. */
  onLive(transport: TransportName, replaced: Link | undefined): void;
  onEnded(link: Link): void;
  /** A new connection was refused for the view that it asked for. */
  onRefused(fault: ViewFault): void;
  /** Anything that the state depends on. */
  onChange(): void;
}

/** What all lanes of a client have in common. */
export interface LaneContext {
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timing: Omit<Timing, 'staleMs'>;
  readonly events: LaneEvents;
}

export interface LaneOptions {
  readonly name: TransportName;
  readonly open: OpenLink;
  /** Silence after which a connection is `isSilent`. Undefined: it sees to that itself. */
  readonly staleMs?: () => number;
  /** Sends a PING. Undefined where the transport has no way back. */
  readonly ping?: (link: Link) => void;
}

/**
 * One way to the gateway: while it runs, a connection is opened again and again until there is one, without end.
 *
 * ```
 *            start          first document           ends
 *   stopped ───────> opening ───────────────> live ────────> waiting ──> opening …
 *                       └───── fails, times out ───────────────^
 * ```
 */
export interface Lane {
  readonly name: TransportName;
  /** The live connection. */
  readonly link: Link | undefined;
  readonly isSilent: boolean;
  /** Connections in a row that did not last, up to the one that ended last. */
  readonly failures: number;
  /** How the last connection ended; empty where none did yet. */
  readonly reason: string;
  start(): void;
  stop(): void;
  /**
   * Opens a connection, with the options and the token of now. A live one stays in use until the new one gives its
   * first document.
   */
  renew(): void;
  /** Spares the rest of a wait; asks a live connection whether it lives. */
  wake(): void;
}

/** One connection, from the wish for it to its end. */
interface Attempt {
  readonly cancelTimeout: Cancel;
  isOver?: true;
  token?: string | undefined;
  link?: Link;
  /** When it gave its first document, monotonic ms. */
  liveAt?: number;
  heartbeat?: Heartbeat;
}

export function createLane(options: LaneOptions, context: LaneContext): Lane {
  const { name, open: openLink, staleMs, ping } = options;
  const { tokens, clock, random, timing, events } = context;
  const { connectMs, steadyMs } = timing;
  const jitter = { baseMs: timing.backoffMs, maxMs: timing.backoffMaxMs, random };
  let isRunning = false;
  let opening: Attempt | undefined;
  let live: Attempt | undefined;
  let cancelWait: Cancel | undefined;
  let failures = 0;
  let reason = '';

  const stopWaiting = (): void => {
    cancelWait?.();
    cancelWait = undefined;
  };

  const discard = (attempt: Attempt | undefined, abruptly: boolean): void => {
    if (attempt === undefined) return;
    attempt.isOver = true;
    attempt.cancelTimeout();
    attempt.heartbeat?.stop();
    if (opening === attempt) opening = undefined;
    if (live === attempt) live = undefined;
    const { link } = attempt;
    if (link === undefined) return;
    link.close(abruptly);
    events.onEnded(link);
  };

  const end = (attempt: Attempt, how: LinkEnd): void => {
    const { reason: why, refusesToken, refusesView, retryAfterMs = 0 } = how;
    if (attempt.isOver) return;
    const isNew = attempt === opening;
    const isCurrent = isNew || attempt === live;
    const now = clock.monotonic();
    const wasSteady = now - (attempt.liveAt ?? now) >= steadyMs;
    discard(attempt, true);
    if (refusesToken) tokens.refuse(attempt.token);
    if (!isCurrent || !isRunning) return;
    if (refusesView && isNew) events.onRefused(refusesView);
    failures = wasSteady ? 0 : failures + 1;
    reason = why;
    if (opening === undefined) {
      // With another token all is well at once; where that one does not last either, it is not the token.
      const waitMs = wasSteady && refusesToken ? 0 : backoffMs(Math.max(1, failures), jitter);
      stopWaiting();
      // A proxy may ask for a day: it is not waited longer than for anything else.
      cancelWait = clock.after(Math.max(waitMs, Math.min(retryAfterMs, jitter.maxMs)), open);
    }
    events.onChange();
  };

  const open = (): void => {
    stopWaiting();
    discard(opening, false);
    const attempt: Attempt = {
      cancelTimeout: clock.after(connectMs, () =>
        end(attempt, { reason: attempt.link ? 'no answer in time' : 'no token in time' }),
      ),
    };
    opening = attempt;
    const openWith = (token: string | undefined): void => {
      if (attempt.isOver) return;
      attempt.token = token;
      attempt.link = openLink(token, eventsOf(attempt));
    };
    tokens
      .get()
      .then(openWith, (error: unknown) => end(attempt, { reason: `no token: ${errorMessage(error)}` }))
      .catch((error: unknown) => end(attempt, { reason: errorMessage(error) }));
  };

  const eventsOf = (attempt: Attempt): LinkEvents => {
    const onHeard = (): void => {
      if (attempt.isOver) return;
      if (attempt === live) attempt.heartbeat?.heard();
      events.onHeard();
    };
    return {
      onHeard,
      onMessage(message, bytes) {
        const { link } = attempt;
        if (attempt.isOver || link === undefined) return;
        const isFirst = attempt === opening && typeof message === 'object' && 'seq' in message;
        const replaced = isFirst ? live?.link : undefined;
        if (isFirst) becomeLive(attempt, link);
        onHeard();
        events.onMessage(message, bytes, link);
        if (isFirst && attempt === live) events.onLive(name, replaced);
        else replaced?.close(false);
        if (attempt === opening && message === 'malformed') end(attempt, { reason: 'no gateway' });
      },
      onEnd: (how) => end(attempt, how),
    };
  };

  const becomeLive = (attempt: Attempt, link: Link): void => {
    live?.heartbeat?.stop();
    attempt.cancelTimeout();
    attempt.liveAt = clock.monotonic();
    opening = undefined;
    live = attempt;
    if (staleMs === undefined) return;
    attempt.heartbeat = createHeartbeat({
      clock,
      timing,
      staleMs,
      ping: ping && (() => ping(link)),
      onChange: events.onChange,
      onDead: () => end(attempt, { reason: 'silent' }),
    });
  };

  return {
    name,
    get link() {
      return live?.link;
    },
    get isSilent() {
      return live?.heartbeat?.isSilent ?? false;
    },
    get failures() {
      return failures;
    },
    get reason() {
      return reason;
    },
    start() {
      if (isRunning) return;
      isRunning = true;
      open();
    },
    stop() {
      isRunning = false;
      failures = 0;
      reason = '';
      stopWaiting();
      discard(opening, false);
      discard(live, false);
    },
    renew() {
      if (isRunning) open();
    },
    wake() {
      if (cancelWait !== undefined) open();
      live?.heartbeat?.ask();
    },
  };
}
