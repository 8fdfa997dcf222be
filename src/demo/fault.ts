import { z } from 'zod';
import type { TimeFaults } from './engine-clock.ts';
import { type Refusal, refusalOf } from './request.ts';

/** What can be done to the answers of an endpoint. */
const answerKinds = ['slow', 'error', 'hang', 'malformed', 'huge', 'offline', 'wrong'] as const;
/** What can be done to the engine's time, and so to all that it does by itself. */
const timeKinds = ['freeze', 'bars', 'clock'] as const;

const maxDelayMs = 600_000;
const maxSeconds = 86_400;
const maxFaults = 50;
const everywhere = '/';
const defaultStopSeconds = 5;

const faultSchema = z
  .strictObject({
    /**
     * What happens to the answers of a path, or to the whole engine: `stop` (every connection is cut, and each
     * request but those to /demo/ cuts its own), `freeze` (answers go on, nothing moves), `bars` (nothing moves but once in each `everySeconds`, by the wall clock), `clock` (a time off by
     * `offsetSeconds`). An engine that is stopped, or hangs on every path, publishes no events. `none` ends faults.
     */
    kind: z.enum(['none', 'stop', ...answerKinds, ...timeKinds]),
    /** Prefix of the paths it applies to. Default: every path outside /demo/. */
    path: z.string().max(200).startsWith('/').optional(),
    /** `slow`: milliseconds between the request and its answer. Default 2000. */
    delayMs: z.number().min(0).max(maxDelayMs).default(2000),
    /** `error`: HTTP status, 400 to 599. Default 500. */
    status: z.int().min(400).max(599).default(500),
    /** `bars`: from one to the next, 0.1 to 3600. Default 60. */
    everySeconds: z.number().min(0.1).max(3600).default(60),
    /** `clock`: how far it is ahead, at most a day; negative: behind. Default -3600. */
    offsetSeconds: z.number().min(-maxSeconds).max(maxSeconds).default(-3600),
    /** Ends by itself after that many seconds. 0 or absent: until changed; for `stop`: 5. */
    seconds: z.number().min(0).max(maxSeconds).default(0),
  })
  .refine(({ kind, path }) => path === undefined || (kind !== 'stop' && !isTimeKind(kind)), {
    path: ['path'],
    error: 'a fault of the whole engine takes no path',
  });

/** A request for a fault, as the body of `POST /demo/fault` gives it. */
type FaultRequest = z.input<typeof faultSchema>;
type AnswerKind = (typeof answerKinds)[number];
type TimeKind = (typeof timeKinds)[number];

export interface Fault {
  kind: AnswerKind;
  /** Prefix of the paths it applies to. */
  path: string;
  delayMs: number;
  status: number;
}

interface TimeFault {
  kind: TimeKind;
  everySeconds: number;
  offsetSeconds: number;
}

/** One line of `GET /demo/fault`. */
interface ActiveFault extends Partial<Omit<Fault, 'kind'>>, Partial<Omit<TimeFault, 'kind'>> {
  kind: Exclude<FaultRequest['kind'], 'none'>;
  path: string;
  /** Absent: until changed. */
  remainingSeconds?: number;
}

/** Epoch ms. */
interface Ending {
  endsAt: number;
}

/** The faults in force. */
export class FaultControl implements TimeFaults {
  readonly #now: () => number;
  readonly #onStop: () => void;
  readonly #byPath = new Map<string, Fault & Ending>();
  readonly #byKind = new Map<TimeKind, TimeFault & Ending>();
  #stop: Ending | undefined;

  /**
   * @param now milliseconds, for the faults that end by themselves
   * @param onStop cuts the connections that there are
   */
  constructor(now: () => number, onStop: () => void) {
    this.#now = now;
    this.#onStop = onStop;
  }

  /** Applies a request, all of it or nothing; the refusal says why not. */
  apply(request: unknown): Refusal | undefined {
    const refusal = this.check(request);
    if (refusal !== undefined) return refusal;
    const { kind, path, seconds, ...how } = faultSchema.parse(request);
    const endsAt = seconds > 0 ? this.#now() + seconds * 1000 : Number.POSITIVE_INFINITY;
    if (kind === 'stop') {
      this.#stop = { endsAt: this.#now() + (seconds > 0 ? seconds : defaultStopSeconds) * 1000 };
      this.#onStop();
    } else if (isTimeKind(kind)) {
      this.#byKind.set(kind, { kind, endsAt, ...how });
    } else if (kind !== 'none') {
      this.#byPath.set(path ?? everywhere, { kind, path: path ?? everywhere, endsAt, ...how });
    } else if (path === undefined) {
      this.#byPath.clear();
      this.#byKind.clear();
      this.#stop = undefined;
    } else {
      this.#byPath.delete(path);
    }
    return undefined;
  }

  /** The same check without any effect. */
  check(request: unknown): Refusal | undefined {
    const parsed = faultSchema.safeParse(request);
    if (!parsed.success) return refusalOf(parsed.error, faultSchema);
    this.#dropEnded();
    const { kind, path = everywhere } = parsed.data;
    if (!isAnswerKind(kind) || this.#byPath.has(path) || this.#byPath.size < maxFaults) return undefined;
    return { field: 'path', message: `at most ${maxFaults} paths may have a fault at a time` };
  }

  /** The fault for this path: of several the one with the longest prefix. */
  find(path: string): Fault | undefined {
    this.#dropEnded();
    let found: Fault | undefined;
    for (const fault of this.#byPath.values()) {
      if (path.startsWith(fault.path) && fault.path.length > (found?.path.length ?? 0)) found = fault;
    }
    return found;
  }

  /** Whether a request outside /demo/ is cut. */
  isStopped(): boolean {
    this.#dropEnded();
    return this.#stop !== undefined;
  }

  /** Whether the engine is as good as gone: then nothing comes from it by other ways either. */
  isGone(): boolean {
    return this.isStopped() || this.#byPath.get(everywhere)?.kind === 'hang';
  }

  clockOffsetMs(): number {
    this.#dropEnded();
    return (this.#byKind.get('clock')?.offsetSeconds ?? 0) * 1000;
  }

  moveEveryMs(): number {
    this.#dropEnded();
    if (this.#byKind.has('freeze')) return Number.POSITIVE_INFINITY;
    return (this.#byKind.get('bars')?.everySeconds ?? 0) * 1000;
  }

  list(): ActiveFault[] {
    this.#dropEnded();
    const active = [...this.#byPath.values(), ...this.#byKind.values()].map((fault) =>
      describe(fault, fault.endsAt - this.#now()),
    );
    if (this.#stop !== undefined) {
      const remainingSeconds = (this.#stop.endsAt - this.#now()) / 1000;
      active.push({ kind: 'stop', path: everywhere, remainingSeconds });
    }
    return active;
  }

  #dropEnded(): void {
    const time = this.#now();
    for (const [path, { endsAt }] of this.#byPath) if (endsAt <= time) this.#byPath.delete(path);
    for (const [kind, { endsAt }] of this.#byKind) if (endsAt <= time) this.#byKind.delete(kind);
    if (this.#stop !== undefined && this.#stop.endsAt <= time) this.#stop = undefined;
  }
}

function isAnswerKind(kind: string): kind is AnswerKind {
  return answerKinds.some((known) => known === kind);
}

function isTimeKind(kind: string): kind is TimeKind {
  return timeKinds.some((known) => known === kind);
}

function describe(fault: Fault | TimeFault, remainingMs: number): ActiveFault {
  const active: ActiveFault = { kind: fault.kind, path: 'path' in fault ? fault.path : everywhere };
  if (fault.kind === 'slow') active.delayMs = fault.delayMs;
  if (fault.kind === 'error') active.status = fault.status;
  if (fault.kind === 'bars') active.everySeconds = fault.everySeconds;
  if (fault.kind === 'clock') active.offsetSeconds = fault.offsetSeconds;
  if (Number.isFinite(remainingMs)) active.remainingSeconds = remainingMs / 1000;
  return active;
}
