import { type Clock, isoTime } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log.ts';
import type { DiagnosticsFigures } from './figures.ts';
import type { LogBook } from './log-book.ts';
import type { GraphEvent, LlmEvent, LogEvent, PersonaEvent } from './schema.ts';
import type { DiagnosticsViews } from './views.ts';

const levels = { info: 'info', warn: 'warning', error: 'error' } as const;

/** Applies events, and sends them to all clients. `receivedAt`: monotonic ms. */
export class Journal {
  readonly #views: DiagnosticsViews;
  readonly #figures: DiagnosticsFigures;
  readonly #logBook: LogBook;
  readonly #clock: Clock;
  readonly #newId: () => string;

  /** @param newId makes a unique id */
  constructor(
    views: DiagnosticsViews,
    figures: DiagnosticsFigures,
    logBook: LogBook,
    clock: Clock,
    newId: () => string,
  ) {
    this.#views = views;
    this.#figures = figures;
    this.#logBook = logBook;
    this.#clock = clock;
    this.#newId = newId;
  }

  log(event: LogEvent, receivedAt?: number): void {
    this.#views.append({ type: 'log', data: this.#logBook.record(event) }, receivedAt);
  }

  /** A record of the gateway's own. */
  record({ level, message }: LogRecord): void {
    this.log({ level: levels[level], message });
  }

  /** Whatever it comes with stays; pages read its lists without looking whether they are there. */
  personaEntry(event: PersonaEvent, receivedAt: number): void {
    const id = event.id ?? event.entry_id ?? `entry-${this.#newId()}`;
    const data = {
      ...event,
      id,
      entry_id: event.entry_id ?? id,
      timestamp: event.timestamp ?? isoTime(this.#clock.now()),
      entry_type: event.entry_type,
      content: event.content,
      summary: event.summary ?? null,
      sentiment: event.sentiment ?? null,
      confidence: event.confidence ?? null,
      metadata: event.metadata ?? {},
      emotion_tags: [...(event.emotion_tags ?? [])],
      related_process_ids: [...(event.related_process_ids ?? [])],
      related_goal_ids: [...(event.related_goal_ids ?? [])],
    };
    this.#views.append({ type: 'persona_entry', data }, receivedAt);
  }

  graphUpdate(event: GraphEvent, receivedAt: number): void {
    const data = {
      update_type: event.update_type,
      entity_id: event.entity_id,
      timestamp: event.timestamp ?? isoTime(this.#clock.now()),
      details: event.details ?? {},
    };
    this.#views.append({ type: 'graph_update', data }, receivedAt);
  }

  llm(event: LlmEvent, receivedAt: number): void {
    this.#figures.noteLlm(event);
    this.#views.telemetryChanged(receivedAt);
  }
}
