import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { JsonValue } from '../../core/json.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { RefusalBudget, TokenBucket } from '../../core/token-bucket.ts';
import { maxEventMembers, parseUntrusted, type RefusalReason } from '../../core/untrusted-json.ts';
import type { Journal } from './journal.ts';
import {
  type EventKind,
  type FaultPlace,
  faultsOf,
  graphEvent,
  ingestBody,
  llmEvent,
  logEvent,
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

/** Of one event on its way in. */
export const maxEventBytes = 64 * 1024;
/** Of all POSTs together, since each event is sent to every client. */
const postRate = { perSecond: 100, burst: 200 };
const jsonType = /^application\/json\s*(;|$)/i;

type Take = (data: JsonValue, place: FaultPlace, receivedAt: number) => IntakeRefusal | undefined;

const inMessage: FaultPlace = { whole: 'event', prefix: '' };
const inBody: FaultPlace = { whole: 'data', prefix: 'data.' };
const wholeBody: FaultPlace = { whole: 'body', prefix: '' };

/** Takes events from outside, each whole or not at all. */
export class Intake {
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #warn: WarningThrottle;
  readonly #posts = new TokenBucket(postRate);
  readonly #budget = new RefusalBudget();
  readonly #take: Readonly<Record<EventKind, Take>>;

  constructor(
    journal: Journal,
    { clock, log, meter }: { readonly clock: Clock; readonly log: Log; readonly meter: Meter },
  ) {
    this.#clock = clock;
    this.#meter = meter;
    this.#warn = createWarningThrottle(log, clock);
    this.#take = {
      log: taking(logEvent, (event, receivedAt) => journal.log(event, receivedAt)),
      persona_entry: taking(personaEvent, (event, receivedAt) => journal.personaEntry(event, receivedAt)),
      graph_update: taking(graphEvent, (event, receivedAt) => journal.graphUpdate(event, receivedAt)),
      llm: taking(llmEvent, (event, receivedAt) => journal.llm(event, receivedAt)),
    };
  }

  /** A message of the Redis channel of its kind. */
  onMessage(kind: EventKind, message: Buffer): void {
    const receivedAt = this.#clock.monotonic();
    const { length } = message;
    const from = `diagnostics:${kind}`;
    if (!this.#budget.admits(length, receivedAt)) {
      this.#refuse('event', from, { reason: 'flood', detail: `${length} bytes, unread` });
      return;
    }
    const read = readJson(message);
    const refusal = read.ok ? this.#take[kind](read.value, inMessage, receivedAt) : read;
    if (refusal === undefined) return;
    this.#budget.spend(Math.min(length, maxEventBytes), receivedAt);
    this.#refuse('event', from, refusal);
  }

  /** Before the body of a POST is read: whether there are too many of them, whoever they are from. */
  onPost(contentType: string): IntakeRefusal | undefined {
    const now = this.#clock.monotonic();
    if (!this.#posts.take(now)) {
      const { perSecond, burst } = postRate;
      const detail = `${perSecond} events a second are taken, ${burst} at once`;
      const retryAfterS = Math.ceil(this.#posts.waitMs(now) / 1000);
      return this.#refusePost({ reason: 'rate', detail, retryAfterS });
    }
    // A page of another origin cannot send this type without asking first.
    if (jsonType.test(contentType)) return undefined;
    return this.#refusePost({ reason: 'media_type', detail: 'content-type: expected application/json' });
  }

  /**
   * The body of a POST. Undefined: it was taken.
   * @param kind of the event that it is; undefined: it is `{type, data}`
   */
  onBody(bytes: Buffer | 'too_large', kind?: EventKind): IntakeRefusal | undefined {
    const receivedAt = this.#clock.monotonic();
    if (bytes === 'too_large') {
      return this.#refusePost({ reason: bytes, detail: `a body may have ${maxEventBytes} bytes` });
    }
    const read = readJson(bytes);
    if (!read.ok) return this.#refusePost(read);
    const refusal =
      kind === undefined
        ? this.#takeEnvelope(read.value, receivedAt)
        : this.#take[kind](read.value, wholeBody, receivedAt);
    return refusal && this.#refusePost(refusal);
  }

  #takeEnvelope(value: JsonValue, receivedAt: number): IntakeRefusal | undefined {
    const envelope = ingestBody.safeParse(value);
    if (!envelope.success) return { reason: 'shape', detail: faultsOf(envelope.error, wholeBody) };
    const { type, data } = envelope.data;
    return this.#take[type](data, inBody, receivedAt);
  }

  #refusePost(refusal: IntakeRefusal): IntakeRefusal {
    return this.#refuse('ingest', 'POST', refusal);
  }

  #refuse(edge: 'event' | 'ingest', from: string, refusal: IntakeRefusal): IntakeRefusal {
    const { reason, detail } = refusal;
    this.#meter.count('bff_rejected_total', { edge, reason });
    this.#warn(`${from} ${reason}`, { from, reason, detail }, 'diagnostics event refused');
    return refusal;
  }
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
