import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { setUpStreams } from './set-up.ts';

/** A message event as engines publish it, and what clients are told of it. */
function message(id: number, more: JsonObject = {}) {
  const told = {
    message_id: `m-${id}`,
    event: 'delivered',
    from: 'a',
    to: 'b',
    message_type: 'task.handoff',
    detail: null,
    timestamp: '2026-02-20T01:20:00Z',
  };
  return {
    told: { ...told, ...more },
    event: { ...told, correlation_id: 'c-1', payload: { key: 1 }, ...more },
  };
}

describe('Message stream', () => {
  it('begins with what was told last, and goes on with each event: exactly the documented fields', (test) => {
    const { connectMessages, messageEvent } = setUpStreams(test);
    const [one, two] = [message(1), message(2, { detail: 'no answer', event: 'failed' })];
    messageEvent(one.event);
    const client = connectMessages();
    messageEvent(two.event);
    expect(client?.frames()).toEqual([
      { type: 'snapshot', recent_events: [one.told] },
      { type: 'message_event', ...two.told },
    ]);
  });

  it('begins with an empty list where nothing has happened', (test) => {
    expect(setUpStreams(test).connectMessages()?.frames()).toEqual([{ type: 'snapshot', recent_events: [] }]);
  });

  it.for([
    [{}, [1, 2, 3, 4]],
    [{ instance: 'a' }, [1, 2, 3]],
    [{ instance: 'c' }, [2, 4]],
    [{ correlationId: 'c-2' }, [3, 4]],
    [{ instance: 'a', correlationId: 'c-2' }, [3]],
    [{ instance: 'nobody' }, []],
  ] as const)('lets %j pass only what it fits, in the snapshot and after it', ([filter, ids], test) => {
    const { connectMessages, messageEvent } = setUpStreams(test);
    const events = [
      message(1, { from: 'a', to: 'b' }),
      message(2, { from: 'c', to: 'a' }),
      message(3, { from: 'b', to: 'a' }),
      message(4, { from: 'b', to: 'c' }),
    ].map(({ event }, index) => ({ ...event, correlation_id: index < 2 ? 'c-1' : 'c-2' }));
    const before = connectMessages(filter);
    for (const event of events) messageEvent(event);
    const after = connectMessages(filter);
    const wanted = ids.map((id) => `m-${id}`);
    expect(
      before
        ?.frames()
        .slice(1)
        .map(({ message_id }) => message_id),
    ).toEqual(wanted);
    expect(Object(after?.frames()[0]?.recent_events).map(({ message_id }: JsonObject) => message_id)).toEqual(
      wanted,
    );
  });

  it('shows the last 100 that pass the filter, however many others came since', (test) => {
    const { connectMessages, messageEvent } = setUpStreams(test);
    for (let id = 0; id < 150; id += 1) messageEvent(message(id, { to: 'rare' }).event);
    for (let id = 0; id < 5000; id += 1) messageEvent(message(id, { to: 'frequent' }).event);
    const ids = (instance: string) =>
      Object(connectMessages({ instance })?.frames()[0]?.recent_events).map(
        ({ message_id }: JsonObject) => message_id,
      );
    expect(ids('rare')).toEqual(Array.from({ length: 100 }, (_, index) => `m-${50 + index}`));
    expect(ids('frequent')).toHaveLength(100);
  });

  it('gives a client that fell more than 256 events behind a snapshot, and then what is newer', (test) => {
    const { connectMessages, messageEvent, meter } = setUpStreams(test);
    const client = connectMessages({ instance: 'x' });
    client?.transport.block();
    for (let id = 0; id < 257; id += 1) {
      messageEvent(message(id, { to: 'x' }).event);
      messageEvent(message(id, { to: 'y' }).event);
    }
    client?.transport.drain();
    messageEvent(message(999, { to: 'x' }).event);
    expect(client?.types()).toEqual(['snapshot', 'snapshot', 'message_event']);
    expect(Object(client?.frames()[1]?.recent_events).at(-1)).toMatchObject({ message_id: 'm-256' });
    // Of those that it was to see.
    expect(meter.value('bff_dropped_total', { dialect: 'streams' })).toBe(1);
  });

  it('shares a view among those with the same filter, and refuses more views than there may be', (test) => {
    const { connectMessages } = setUpStreams(test);
    const open = ['a', 'b', 'c', 'a'].map((instance) => connectMessages({ instance }));
    expect(open.every((client) => client !== undefined)).toBe(true);
    expect(connectMessages({ instance: 'd' })).toBeUndefined();
    open[1]?.transport.end();
    expect(connectMessages({ instance: 'd' })).toBeDefined();
  });

  it('tells ids that are numbers as text, with exactly their digits, whatever is private in the event', (test) => {
    const { connectMessages, messageEvent } = setUpStreams(test);
    const client = connectMessages({ instance: '7', correlationId: '9007199254740993' });
    const { event, told } = message(1, { from: 7, to: 8, message_type: 3, detail: 12 });
    const text = (more: string) =>
      `{${more},${JSON.stringify(event).replace('"m-1"', '8389765489680951453').slice(1)}`;
    messageEvent(text('"a":NaN').replace('"c-1"', '9007199254740993'));
    messageEvent(text(`"a":${'['.repeat(100)}${']'.repeat(100)}`).replace('"c-1"', '9007199254740993'));
    const shown = {
      ...told,
      message_id: '8389765489680951453',
      from: '7',
      to: '8',
      message_type: '3',
      detail: '12',
    };
    expect(client?.frames().slice(1)).toEqual([
      { type: 'message_event', ...shown },
      { type: 'message_event', ...shown },
    ]);
  });

  it.for([
    ['2026-11-30T12:00:00.123456+02:00', '2026-11-30T10:00:00.123456Z'],
    ['2026-11-30T12:00:00', '2026-11-30T12:00:00Z'],
    [1_764_504_000.5, '2025-11-30T12:00:00.5Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    // None: when it came.
    [true, '2026-01-01T00:00:00.000Z'],
  ] as const)('tells the time %s as %s', ([timestamp, shown], test) => {
    const { connectMessages, messageEvent } = setUpStreams(test);
    const client = connectMessages();
    messageEvent(message(1, { timestamp }).event);
    expect(client?.frames().at(-1)).toMatchObject({ timestamp: shown });
  });

  it('keeps to its bounds, whatever an event holds', (test) => {
    const { connectMessages, messageEvent, meter } = setUpStreams(test);
    const client = connectMessages();
    messageEvent(message(1, { detail: 'd'.repeat(100_000) }).event);
    messageEvent(message(2, { from: 'f'.repeat(257) }).event);
    messageEvent(message(3, { timestamp: 'must-not-leak 1' }).event);
    const [, long, late] = client?.frames() ?? [];
    expect(long?.detail).toBe('d'.repeat(4096));
    expect(late?.timestamp).toBe('2026-01-01T00:00:00.000Z');
    expect(meter.value('bff_rejected_total', { edge: 'message_event', reason: 'shape' })).toBe(1);
  });
});
