import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { LogRecorder } from '../../../src/observe/log-recorder.ts';
import { type DiagnosticsClient, diagnosticsEndpoint } from '../../../src/protocol/diagnostics/client.ts';
import { DiagnosticsFigures } from '../../../src/protocol/diagnostics/figures.ts';
import { Intake } from '../../../src/protocol/diagnostics/intake.ts';
import { Journal } from '../../../src/protocol/diagnostics/journal.ts';
import { LogBook } from '../../../src/protocol/diagnostics/log-book.ts';
import type { EventKind } from '../../../src/protocol/diagnostics/schema.ts';
import { DiagnosticsViews } from '../../../src/protocol/diagnostics/views.ts';
import type { EngineFigures } from '../../../src/source/engine.ts';
import { viewing } from '../../support/access.ts';
import { createTestContext } from '../../support/context.ts';
import { serviceOf } from '../../support/conversation.ts';

function counting(name: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${name}-${count}`;
  };
}

/** Everything of the dialect between what comes in and a transport that a test blocks and drains. */
export function setUpDiagnostics({
  maxRateHz = 0,
  newConnectionId = counting('id'),
  silentAfterMs = Number.POSITIVE_INFINITY,
} = {}) {
  const { log: written, ...context } = createTestContext({ maxViews: 0 });
  const { clock, meter, feeds, hub, sessions } = context;
  const log = new LogRecorder(written);
  const engine = { requestCount: 0, successPercent: 100, latencyMs: undefined, lastSuccessAt: undefined };
  const inputs: { engine: EngineFigures; activePlans: JsonValue | undefined } = {
    engine,
    activePlans: undefined,
  };
  const logBook = new LogBook(feeds, clock);
  const figures = new DiagnosticsFigures({
    engine: { figures: () => inputs.engine },
    activePlans: () => inputs.activePlans,
    sessions,
    hub,
    clock,
  });
  const views = new DiagnosticsViews({
    ...{ figures, logBook, maxRateHz, feeds, clock, meter },
    views: context.views,
  });
  const journal = new Journal(views, figures, logBook, clock, () => 'made');
  const intake = new Intake(journal, { clock, log, meter });
  const clients = new Set<DiagnosticsClient>();
  const endpoint = diagnosticsEndpoint(viewing, { views, clients, clock, log, unrecordedLog: written });
  const service = serviceOf({ ...endpoint, newId: newConnectionId }, 'diagnostics', {
    ...{ sessions, log, meter },
    keepalive: { ...keepaliveDefaults, silentAfterMs },
  });
  log.onRecord((record) => journal.record(record));
  feeds.start();

  return {
    ...{ clock, meter, written, log, hub, inputs, logBook, figures, views, intake, clients },
    states: () => Array.from(clients, ({ state }) => state),
    publish: (kind: EventKind, data: JsonValue | string) =>
      intake.onMessage(kind, Buffer.from(typeof data === 'string' ? data : JSON.stringify(data))),
    refused: (reason: string, edge = 'event') => meter.value('bff_rejected_total', { edge, reason }),
    lines: (level: string) =>
      written.entries.filter((entry) => entry.level === level).map(({ message }) => message),
    connect() {
      const client = service.connect();
      return {
        ...client,
        /** `data` of the frames of this type, in order. */
        all: (type: string) =>
          client
            .frames()
            .flatMap((frame) => (frame.type === type && isJsonObject(frame.data) ? [frame.data] : [])),
      };
    },
  };
}

/** Good ones of each kind, as the page shows them. */
export const examples = {
  log: { timestamp: '2025-11-23T13:45:30.123Z', level: 'info', message: 'HCG health check passed (45.2 ms)' },
  persona_entry: {
    id: 'entry-abc123',
    timestamp: '2025-11-23T13:45:30.123Z',
    entry_type: 'observation',
    content: 'User engaged with planning interface',
    summary: 'User interaction',
    sentiment: 'neutral',
    confidence: 0.85,
    metadata: { source: 'ui', session_id: 'session-123' },
  },
  graph_update: {
    update_type: 'entity_added',
    entity_id: 'entity-123',
    timestamp: '2025-11-23T13:45:30.123Z',
    details: { kind: 'goal', depth: [1, { deeper: null }] },
  },
  llm: {
    llm_latency_ms: 1250.5,
    llm_prompt_tokens: 120,
    llm_completion_tokens: 85,
    llm_total_tokens: 205,
    persona_sentiment: 'positive',
    persona_confidence: 0.92,
    active_plans: 3,
    last_llm_update: '2025-11-23T13:45:28.789Z',
    last_llm_session: 'session-123',
  },
} as const satisfies Record<EventKind, JsonObject>;
