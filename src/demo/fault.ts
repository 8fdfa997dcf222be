import { z } from 'zod';
import { type Refusal, refusalOf } from './refusal.ts';

/** What can be done to the answers of an endpoint; `none` and `stop` stand apart. */
const faultKinds = [
  'none',
  'slow',
  'error',
  'hang',
  'malformed',
  'huge',
  'offline',
  'stop',
  'wrong',
] as const;

const maxDelayMs = 600_000;
const maxSeconds = 86_400;
const maxFaults = 50;
const everywhere = '/';
const defaultStopSeconds = 5;

const faultSchema = z
  .strictObject({
    kind: z.enum(faultKinds),
    /** Prefix of the paths it applies to. Default: every path outside /demo/. */
    path: z.string().max(200).startsWith('/').optional(),
    /** `slow`: milliseconds between the request and its answer. Default 2000. */
    delayMs: z.number().min(0).max(maxDelayMs).default(2000),
    /** `error`: HTTP status, 400 to 599. Default 500. */
    status: z.int().min(400).max(599).default(500),
    /** Ends by itself after that many seconds. 0 or absent: until changed; for `stop`: 5. */
    seconds: z.number().min(0).max(maxSeconds).default(0),
  })
  .refine((fault) => fault.kind !== 'stop' || fault.path === undefined, {
    path: ['path'],
    error: 'stop is about the whole engine and takes no path',
  });

/** A request for a fault, as the body of `POST /demo/fault` gives it. */
type FaultRequest = z.input<typeof faultSchema>;

type FaultKind = Exclude<FaultRequest['kind'], 'none' | 'stop'>;

export interface Fault {
  kind: FaultKind;
  /** Prefix of the paths it applies to. */
  path: string;
  delayMs: number;
  status: number;
}

/** One line of `GET /demo/fault`. */
interface ActiveFault {
  kind: FaultKind | 'stop';
  path: string;
  delayMs?: number;
  status?: number;
  /** Absent: until changed. */
  remainingSeconds?: number;
}

/** The engine's own outage: `stop` closes its port, and opens it again by itself. */
export interface Outage {
  begin(durationMs: number): void;
  end(): void;
  /** Undefined while there is none. */
  remainingMs(): number | undefined;
}

export interface FaultControl {
  /** Applies a request, all of it or nothing; the refusal says why not. */
  apply(request: unknown): Refusal | undefined;
  /** The same check without any effect. */
  check(request: unknown): Refusal | undefined;
  /** The fault for this path: of several the one with the longest prefix. */
  find(path: string): Fault | undefined;
  list(): ActiveFault[];
}

/** `now`: milliseconds, for the faults that end by themselves. */
export function createFaultControl({ now, outage }: { now: () => number; outage: Outage }): FaultControl {
  const entries = new Map<string, Fault & { endsAt: number }>();

  function dropEnded(): void {
    const time = now();
    for (const [path, { endsAt }] of entries) if (endsAt <= time) entries.delete(path);
  }

  function check(request: unknown): Refusal | undefined {
    const parsed = faultSchema.safeParse(request);
    if (!parsed.success) return refusalOf(parsed.error, faultSchema);
    dropEnded();
    const { kind, path = everywhere } = parsed.data;
    if (kind === 'none' || kind === 'stop' || entries.has(path) || entries.size < maxFaults) return undefined;
    return { field: 'path', message: `at most ${maxFaults} paths may have a fault at a time` };
  }

  return {
    check,
    apply(request) {
      const refusal = check(request);
      if (refusal !== undefined) return refusal;
      const { kind, path, delayMs, status, seconds } = faultSchema.parse(request);
      if (kind === 'stop') {
        outage.begin((seconds > 0 ? seconds : defaultStopSeconds) * 1000);
      } else if (kind !== 'none') {
        const endsAt = seconds > 0 ? now() + seconds * 1000 : Number.POSITIVE_INFINITY;
        entries.set(path ?? everywhere, { kind, path: path ?? everywhere, delayMs, status, endsAt });
      } else if (path === undefined) {
        entries.clear();
        outage.end();
      } else {
        entries.delete(path);
      }
      return undefined;
    },
    find(path) {
      dropEnded();
      let found: Fault | undefined;
      for (const fault of entries.values()) {
        if (path.startsWith(fault.path) && fault.path.length > (found?.path.length ?? 0)) found = fault;
      }
      return found;
    },
    list() {
      dropEnded();
      const active = [...entries.values()].map((entry) => describe(entry, entry.endsAt - now()));
      const outageMs = outage.remainingMs();
      if (outageMs !== undefined) {
        active.push({ kind: 'stop', path: everywhere, remainingSeconds: outageMs / 1000 });
      }
      return active;
    },
  };
}

function describe({ kind, path, delayMs, status }: Fault, remainingMs: number): ActiveFault {
  const active: ActiveFault = { kind, path };
  if (kind === 'slow') active.delayMs = delayMs;
  if (kind === 'error') active.status = status;
  if (Number.isFinite(remainingMs)) active.remainingSeconds = remainingMs / 1000;
  return active;
}
