import { type Clock, isoTime } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log.ts';
import type { Figures } from './figures.ts';
import type { LogBook } from './log-book.ts';
import type { GraphEvent, LlmEvent, LogEvent, PersonaEvent } from './schema.ts';
import type { DiagnosticsViews } from './views.ts';

export interface JournalOptions {
  readonly views: DiagnosticsViews;
  readonly figures: Figures;
  readonly logBook: LogBook;
  readonly clock: Clock;
  /** An id like no other. */
  readonly newId: () => string;
}

/** Does what an event says, and tells all clients. `receivedAt`: monotonic ms. */
export interface Journal {
  log(event: LogEvent, receivedAt?: number): void;
  personaEntry(event: PersonaEvent, receivedAt: number): void;
  graphUpdate(event: GraphEvent, receivedAt: number): void;
  llm(event: LlmEvent, receivedAt: number): void;
  /** A record of the gateway's own. */
  record(record: LogRecord): void;
}

const levels = { info: 'info', warn: 'warning', error: 'error' } as const;

export function createJournal({ views, figures, logBook, clock, newId }: JournalOptions): Journal {
  const log: Journal['log'] = (event, receivedAt) =>
    views.append({ type: 'log', data: logBook.record(event) }, receivedAt);

  return {
    log,
    record: ({ level, message }) => log({ level: levels[level], message }),
    personaEntry(event, receivedAt) {
      const data = {
        id: event.id ?? `entry-${newId()}`,
        timestamp: event.timestamp ?? isoTime(clock.now()),
        entry_type: event.entry_type,
        content: event.content,
        summary: event.summary ?? null,
        sentiment: event.sentiment ?? null,
        confidence: event.confidence ?? null,
        metadata: event.metadata ?? {},
      };
      views.append({ type: 'persona_entry', data }, receivedAt);
    },
    graphUpdate(event, receivedAt) {
      const data = {
        update_type: event.update_type,
        entity_id: event.entity_id,
        timestamp: event.timestamp ?? isoTime(clock.now()),
        details: event.details ?? {},
      };
      views.append({ type: 'graph_update', data }, receivedAt);
    },
    llm(event, receivedAt) {
      figures.noteLlm(event);
      views.telemetryChanged(receivedAt);
    },
  };
}
