import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { JsonValue } from '../../core/json.ts';
import { createWarningThrottle, type Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { RefusalBudget, TokenBucket } from '../../core/token-bucket.ts';
import { maxEventMembers, parseUntrusted, type RefusalReason } from '../../core/untrusted-json.ts';
import type { Journal } from './journal.ts';
import {
  type EventKind,
  faultsOf,
  graphEvent,
  ingestBody,
  llmEvent,
  logEvent,
  type Place,
  personaEvent,
} from './schema.ts';

/** Why an event was not taken, in a word and in a sentence that names the field at fault. */
export interface IntakeRefusal {
  /** Label value of `bff_rejected_total{edge="event"}` and `{edge="ingest"}`. */
  readonly reason: RefusalReason | 'too_large' | 'flood' | 'non_finite' | 'shape' | 'media_type' | 'rate';
  readonly detail: string;
  /** Seconds after which another try makes sense; undefined where none does. */
  readonly retryAfterS?: number;
}

export interface IntakeOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** Takes events from outside, each whole or not at all. */
export interface Intake {
  /** A message of the Redis channel of its kind. */
  onMessage(kind: EventKind, message: Buffer): void;
  /** Before the body of a POST is read: whether there are too many of them, whoever they are from. */
  onPost(contentType: string): IntakeRefusal | undefined;
  /** The body of a POST, `{type, data}`. Undefined: it was taken. */
  onBody(bytes: Buffer | 'too_large'): IntakeRefusal | undefined;
}

/** Of one event on its way in. */
export const maxEventBytes = 64 * 1024;
/** POSTs from everybody together: each event is sent to every client, and the clients' bounds are for all of them. */
const postRate = { perSecond: 100, burst: 200 };
const jsonType = /^application\/json\s*(;|$)/i;

type Take = (data: JsonValue, place: Place, receivedAt: number) => IntakeRefusal | undefined;

const inMessage: Place = { whole: 'event', prefix: '' };
const inBody: Place = { whole: 'data', prefix: 'data.' };
const wholeBody: Place = { whole: 'body', prefix: '' };

export function createIntake({ journal, clock, log, meter }: IntakeOptions): Intake {
  const warn = createWarningThrottle(log, clock);
  const posts = new TokenBucket(postRate);
  const budget = new RefusalBudget();
  const take: Readonly<Record<EventKind, Take>> = {
    log: taking(logEvent, journal.log),
    persona_entry: taking(personaEvent, journal.personaEntry),
    graph_update: taking(graphEvent, journal.graphUpdate),
    llm: taking(llmEvent, journal.llm),
  };

  const refuse = (edge: 'event' | 'ingest', from: string, refusal: IntakeRefusal): IntakeRefusal => {
    const { reason, detail } = refusal;
    meter.count('bff_rejected_total', { edge, reason });
    warn(`${from} ${reason}`, { from, reason, detail }, 'diagnostics event refused');
    return refusal;
  };
  const refusePost = (refusal: IntakeRefusal): IntakeRefusal => refuse('ingest', 'POST', refusal);

  const takeEnvelope = (value: JsonValue, receivedAt: number): IntakeRefusal | undefined => {
    const envelope = ingestBody.safeParse(value);
    if (!envelope.success) return { reason: 'shape', detail: faultsOf(envelope.error, wholeBody) };
    const { type, data } = envelope.data;
    return take[type](data, inBody, receivedAt);
  };

  return {
    onMessage(kind, message) {
      const receivedAt = clock.monotonic();
      const { length } = message;
      if (!budget.admits(length, receivedAt)) {
        refuse('event', `diagnostics:${kind}`, { reason: 'flood', detail: `${length} bytes, unread` });
        return;
      }
      const read = readJson(message);
      const refusal = read.ok ? take[kind](read.value, inMessage, receivedAt) : read;
      if (refusal === undefined) return;
      budget.spend(Math.min(length, maxEventBytes), receivedAt);
      refuse('event', `diagnostics:${kind}`, refusal);
    },
    onPost(contentType) {
      const now = clock.monotonic();
      if (!posts.take(now)) {
        const { perSecond, burst } = postRate;
        const detail = `${perSecond} events a second are taken, ${burst} at once`;
        return refusePost({ reason: 'rate', detail, retryAfterS: Math.ceil(posts.waitMs(now) / 1000) });
      }
      // A page of another origin cannot send this type without asking first.
      if (jsonType.test(contentType)) return undefined;
      return refusePost({ reason: 'media_type', detail: 'content-type: expected application/json' });
    },
    onBody(bytes) {
      const receivedAt = clock.monotonic();
      if (bytes === 'too_large') {
        return refusePost({ reason: bytes, detail: `a body may have ${maxEventBytes} bytes` });
      }
      const read = readJson(bytes);
      const refusal = read.ok ? takeEnvelope(read.value, receivedAt) : read;
      return refusal && refusePost(refusal);
    },
  };
}

function taking<Event>(schema: z.ZodType<Event>, apply: (event: Event, receivedAt: number) => void): Take {
  return (data, place, receivedAt) => {
    const read = schema.safeParse(data);
    if (!read.success) return { reason: 'shape', detail: faultsOf(read.error, place) };
    apply(read.data, receivedAt);
    return undefined;
  };
}

function readJson(
  bytes: Buffer,
): { readonly ok: true; readonly value: JsonValue } | ({ readonly ok: false } & IntakeRefusal) {
  if (bytes.length > maxEventBytes) {
    return { ok: false, reason: 'too_large', detail: `${bytes.length} bytes, ${maxEventBytes} at most` };
  }
  const parsed = parseUntrusted(bytes.toString('utf8'), {
    ...{ nonFinite: 'null', exactIntegers: true, maxMembers: maxEventMembers },
  });
  if (!parsed.ok) return { ok: false, reason: parsed.reason, detail: parsed.detail };
  const [path] = parsed.nonFinite;
  return path === undefined
    ? { ok: true, value: parsed.value }
    : { ok: false, reason: 'non_finite', detail: `${path.slice(0, 200)}: not a finite number` };
}
