import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Meter } from '../../core/meter.ts';
import { eventEncoding } from '../../encode/encoding.ts';
import { Message } from '../../encode/message.ts';
import type { Version } from '../../feed/history.ts';
import { rangeStateOf } from './range-state.ts';
import type { metricsTells } from './schema.ts';
import { narrowed } from './sections.ts';

type Tells = typeof metricsTells;

/** An answer to one client. An error is, as a Server-Sent Event, of another name than the snapshots. */
export function metricsMessage<Type extends keyof Tells>(
  type: Type,
  data: Readonly<z.infer<Tells[Type]['schema']>>,
): Message {
  const packet = type === 'error' ? { type, data, streamEvent: 'error_info' } : { type, data };
  return new Message(packet, eventEncoding);
}

/** Makes a message of each snapshot, once for all who are shown the same sections of it. */
export class SnapshotMessages {
  readonly #clock: Clock;
  readonly #meter: Meter;
  /** By the sections shown. */
  readonly #made = new WeakMap<Version, Map<string, Message>>();

  constructor({ clock, meter }: { readonly clock: Clock; readonly meter: Meter }) {
    this.#clock = clock;
    this.#meter = meter;
  }

  /**
   * @param position of a client that holds it
   * @param sections canonical. Undefined: all
   */
  of(version: Version, position: string, sections: readonly string[] | undefined): Message {
    const ofVersion = this.#made.get(version) ?? new Map<string, Message>();
    this.#made.set(version, ofVersion);
    const key = JSON.stringify(sections ?? null);
    const message = ofVersion.get(key) ?? this.#make(version, position, sections);
    ofVersion.set(key, message);
    return message;
  }

  #make({ document }: Version, position: string, sections: readonly string[] | undefined): Message {
    const startedAt = this.#clock.monotonic();
    const { data = {}, timestamp } = rangeStateOf(document);
    const shown = sections === undefined ? data : narrowed(data, sections);
    const packet = { type: 'metrics_update', data: { ...shown, timestamp } };
    const message = new Message(packet, eventEncoding, { position });
    this.#meter.observe('bff_encode_seconds', {}, (this.#clock.monotonic() - startedAt) / 1000);
    return message;
  }
}
