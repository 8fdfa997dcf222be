import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/json.ts';
import { eventKinds } from '../../../src/protocol/diagnostics/schema.ts';
import { examples, setUpDiagnostics } from './set-up.ts';

/** So many lists in each other. */
const nested = (levels: number): JsonValue => (levels === 0 ? 1 : [nested(levels - 1)]);

const bad = [
  ['log', { level: 'debug', message: 'x' }, 'level: '],
  ['log', { level: 'info' }, 'message: '],
  ['log', { level: 'info', message: '' }, 'message: '],
  ['log', { level: 'info', message: 7 }, 'message: '],
  ['log', { level: 'info', message: 'x'.repeat(16_385) }, 'message: '],
  ['log', { level: 'info', message: 'x', timestamp: 'yesterday' }, 'timestamp: '],
  ['log', { level: 'info', message: 'x', timestamp: true }, 'timestamp: '],
  ['log', { level: 'info', message: 'x', timestamp: 1e300 }, 'timestamp: '],
  ['persona_entry', { ...examples.persona_entry, entry_type: '' }, 'entry_type: '],
  ['persona_entry', { ...examples.persona_entry, entry_type: 'x'.repeat(65) }, 'entry_type: '],
  ['persona_entry', { ...examples.persona_entry, emotion_tags: 'joy' }, 'emotion_tags: expected a list'],
  ['persona_entry', { ...examples.persona_entry, related_goal_ids: {} }, 'related_goal_ids: expected a list'],
  ['persona_entry', { ...examples.persona_entry, entry_id: [] }, 'entry_id: '],
  ['persona_entry', { ...examples.persona_entry, trace: nested(9) }, 'trace: nested deeper than 8 levels'],
  [
    'persona_entry',
    { ...examples.persona_entry, long: 'é'.repeat(8200) },
    'bytes in further fields, 16384 at most: long',
  ],
  ['persona_entry', { ...examples.persona_entry, confidence: 1.01 }, 'confidence: '],
  ['persona_entry', { ...examples.persona_entry, confidence: '0.5' }, 'confidence: '],
  ['persona_entry', { ...examples.persona_entry, metadata: [] }, 'metadata: '],
  ['persona_entry', { ...examples.persona_entry, content: null }, 'content: '],
  ['persona_entry', { ...examples.persona_entry, id: '' }, 'id: '],
  ['graph_update', { ...examples.graph_update, details: 'x' }, 'details: '],
  ['graph_update', { details: {} }, 'update_type: '],
  ['graph_update', { update_type: 'entity_added' }, 'entity_id: '],
  ['graph_update', { update_type: 'entity_added', entity_id: {} }, 'entity_id: '],
  ['llm', { llm_latency_ms: -1 }, 'llm_latency_ms: '],
  ['llm', { llm_prompt_tokens: 1.5 }, 'llm_prompt_tokens: '],
  ['llm', { persona_confidence: 2 }, 'persona_confidence: '],
  ['llm', { active_plans: -1 }, 'active_plans: '],
  ['llm', {}, 'expected at least one of'],
  ['llm', { colour: 'red' }, 'expected at least one of'],
  ['llm', { active_plans: null, persona_sentiment: null }, 'expected at least one of'],
  ['log', { level: 'info', message: 'x', timestamp: '9999-12-31T23:59:59-23:59' }, 'timestamp: '],
  ['log', [], 'event: '],
  ['graph_update', null, 'event: '],
] as const;

describe('Events from outside', () => {
  it.each(eventKinds)('reach every client as they are: %s', (kind) => {
    const { connect, publish, meter } = setUpDiagnostics();
    const client = connect();
    publish(kind, examples[kind]);
    const { type, data } = client.last();
    if (kind === 'llm') expect([type, data]).toEqual(['telemetry', expect.objectContaining(examples.llm)]);
    else expect([type, data]).toEqual([kind, expect.objectContaining(examples[kind])]);
    expect(client.frames()).toHaveLength(3);
    expect(meter.observations('bff_event_latency_seconds')).toBe(1);
  });

  it('are given what they leave out, and lose what no page names', () => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    publish('persona_entry', { entry_type: 'goal', content: 'x' });
    publish('graph_update', { update_type: 'a', entity_id: 'b', secret: 'y' });
    publish('log', { level: 'error', message: 'x', secret: 'y', id: 'mine' });
    const timestamp = '2026-01-01T00:00:00.000Z';
    const unknown = { summary: null, sentiment: null, confidence: null, metadata: {} };
    expect(client.frames().slice(2)).toEqual([
      {
        type: 'persona_entry',
        data: {
          ...{ id: 'entry-made', entry_id: 'entry-made', timestamp, entry_type: 'goal', content: 'x' },
          ...unknown,
          ...{ emotion_tags: [], related_process_ids: [], related_goal_ids: [] },
        },
      },
      { type: 'graph_update', data: { update_type: 'a', entity_id: 'b', timestamp, details: {} } },
      {
        type: 'log',
        data: { id: expect.stringMatching(/^log-\d+-2$/), timestamp, level: 'error', message: 'x' },
      },
    ]);
  });

  it('stay whole where they are diary entries: other names of types, lists, and fields that no page names', () => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    const entry = {
      ...examples.persona_entry,
      entry_type: 'dream',
      emotion_tags: ['curious', 7],
      related_process_ids: ['process-1'],
      related_goal_ids: null,
      trigger: 'user_request',
      trace: nested(8),
      note: 'é'.repeat(8000),
    };
    publish('persona_entry', entry);
    expect(client.last().data).toEqual({ ...entry, entry_id: entry.id, related_goal_ids: [] });
  });

  it('have one id under both its names where they are diary entries, unless they come with two', () => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    const { id: _, ...entry } = examples.persona_entry;
    publish('persona_entry', { ...entry, entry_id: 5 });
    expect(client.last().data).toMatchObject({ id: '5', entry_id: '5' });
    publish('persona_entry', { ...entry, id: 'a', entry_id: 'b' });
    expect(client.last().data).toMatchObject({ id: 'a', entry_id: 'b' });
  });

  it.each([
    ['2025-11-23T13:45:30Z', '2025-11-23T13:45:30.000Z'],
    ['2025-11-23T13:45Z', '2025-11-23T13:45:00.000Z'],
    ['2025-11-23T13:45:30+0530', '2025-11-23T08:15:30.000Z'],
    ['2025-11-23T13:45:30.123456+02:00', '2025-11-23T11:45:30.123Z'],
    ['2025-11-23T13:45:30.123456', '2025-11-23T13:45:30.123Z'],
    ['Sun, 23 Nov 2025 13:45:30 GMT', '2025-11-23T13:45:30.000Z'],
    [1_763_905_530.25, '2025-11-23T13:45:30.250Z'],
    ['1763905530123456789', '2025-11-23T13:45:30.123Z'],
  ])('have the time %s shown as %s', (timestamp, shown) => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    publish('log', { ...examples.log, timestamp });
    expect(client.last().data).toMatchObject({ timestamp: shown });
  });

  it.each(['persona_entry', 'graph_update', 'llm'] as const)(
    'keep the digits of their second where it is theirs, in UTC: %s',
    (kind) => {
      const { connect, publish } = setUpDiagnostics();
      const client = connect();
      const key = kind === 'llm' ? 'last_llm_update' : 'timestamp';
      for (const [time, shown] of [
        ['2026-11-30T12:00:00.123456+02:00', '2026-11-30T10:00:00.123456Z'],
        [1_764_504_000, '2025-11-30T12:00:00Z'],
      ] as const) {
        publish(kind, { ...examples[kind], [key]: time });
        expect(client.last().data).toMatchObject({ [key]: shown });
      }
    },
  );

  it('have ids that are numbers shown as text, with exactly their digits', () => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    publish('persona_entry', { ...examples.persona_entry, id: 7 });
    expect(client.last().data).toMatchObject({ id: '7' });
    publish(
      'graph_update',
      '{"update_type":"a","entity_id":8389765489680951453,"details":{"of":[9007199254740993,1]}}',
    );
    expect(client.last().data).toMatchObject({
      entity_id: '8389765489680951453',
      details: { of: ['9007199254740993', 1] },
    });
    publish('llm', '{"active_plans":1,"last_llm_session":-9007199254740993}');
    expect(client.last().data).toMatchObject({ last_llm_session: '-9007199254740993' });
  });

  it.each(bad)('are refused whole, with the field at fault: %s %j', (kind, data, fault) => {
    const { connect, publish, refused, written, figures } = setUpDiagnostics();
    const client = connect();
    const before = figures.read();
    publish(kind, data);
    expect(refused('shape')).toBe(1);
    const line = written.entries.find(({ message }) => message === 'diagnostics event refused');
    expect(line).toMatchObject({
      level: 'warn',
      fields: { from: `diagnostics:${kind}`, reason: 'shape', detail: expect.stringContaining(fault) },
    });
    // The refusal is a record of the gateway's own, and nothing of the event is in it.
    expect(client.types()).toEqual(['telemetry', 'logs', 'log']);
    expect(client.last().data).toMatchObject({ level: 'warning', message: 'diagnostics event refused' });
    expect(figures.read()).toMatchObject({ llm_total_tokens: before.llm_total_tokens, active_plans: 0 });
  });

  it.each([
    ['malformed', '{"level":'],
    ['malformed', ''],
    ['too_deep', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`],
    ['forbidden_key', '{"level":"info","message":"x","__proto__":{"a":1}}'],
    ['non_finite', '{"entry_type":"goal","content":"x","confidence":NaN}'],
    ['non_finite', '{"entry_type":"goal","content":"x","metadata":{"a":[1e999]}}'],
    ['too_large', `{"level":"info","message":"x","padding":"${'x'.repeat(65_536)}"}`],
  ])('are refused before they are looked at: %s', (reason, text) => {
    const { connect, publish, refused } = setUpDiagnostics();
    const client = connect();
    publish('persona_entry', text);
    expect(refused(reason)).toBe(1);
    expect(client.types()).toEqual(['telemetry', 'logs', 'log']);
  });

  it('are logged once in 5 s for each reason, however many are refused', () => {
    const { publish, refused, lines } = setUpDiagnostics();
    for (let count = 0; count < 500; count += 1) publish('log', { level: 'loud' });
    expect(refused('shape')).toBe(500);
    expect(lines('warn')).toHaveLength(1);
  });

  it('leave the figures of the last call alone where they say nothing of one', () => {
    const { publish, figures } = setUpDiagnostics();
    publish('llm', examples.llm);
    const before = figures.read();
    publish('llm', { active_plans: null });
    expect(figures.read()).toEqual(before);
  });
});
