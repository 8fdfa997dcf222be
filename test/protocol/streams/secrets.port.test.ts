import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { MemoryEvents } from '../../../src/source/events.ts';
import { connectClient } from '../../support/client.ts';
import { startGateway } from '../../support/gateway.ts';
import { useIn, waitFor } from '../../support/wait.ts';

const mark = 'must-not-leak';
const told = ['message_id', 'event', 'from', 'to', 'message_type', 'detail', 'timestamp'];
const secret = fc.nat().map((number) => `${mark}-${number}`);

/** Secrets in values and keys, at any depth, beside keys that have meant trouble before. */
const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    secret,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(secret, fc.constantFrom(...told, 'payload', 'constructor', 'type', 'data')),
      tie('tree'),
      { maxKeys: 4 },
    ),
  ),
}));
const privateKey = fc.constantFrom(
  ...[
    'payload',
    'content',
    'headers',
    'body',
    'secret',
    'correlation_id',
    'type',
    'data',
    'message',
    'prototype',
  ],
  ...[
    'constructor',
    'toJSON',
    'Detail',
    'FROM',
    'detail ',
    ' to',
    'event_detail',
    'metadata',
    'from.name',
    '0',
    '',
  ],
);
const name = fc.constantFrom('agent-1', 'agent-2', 'agent-3');
const event = fc
  .record({
    metadata: fc.record({
      message_id: fc.uuid(),
      event: fc.constantFrom('sent', 'delivered', 'acknowledged', 'failed'),
      from: name,
      to: name,
      message_type: fc.constantFrom('task.handoff', 'task.result'),
    }),
    more: fc.dictionary(privateKey, tree, { minKeys: 1, maxKeys: 6 }),
    detail: fc.option(
      fc.oneof(fc.constant('inbox is full'), fc.array(secret), fc.dictionary(secret, secret)),
    ),
    timestamp: fc.oneof(fc.constant('2026-02-20T01:20:00Z'), secret, tree),
    first: fc.boolean(),
  })
  .map(({ metadata, more, detail, timestamp, first }): JsonObject => {
    const known = { ...metadata, detail, timestamp };
    return first ? { ...more, ...known } : { ...known, ...more };
  });
/** And some that are broken in ways that make a gateway talk of them. */
const broken = fc.oneof(
  tree.map((value) => JSON.stringify(value)),
  secret,
  secret.map((text) => `{"message_id":"${text}`),
  secret.map((text) => `{"message_id":7,"event":"${text}","from":{"${text}":1},"detail":"${text}"}`),
  secret.map((text) => `{"payload":${'['.repeat(5000)}"${text}"${']'.repeat(5000)}}`),
);

describe('/ws/messages, of 10,000 events with secrets in them', () => {
  it('tells every event, and not one byte of a secret to a client, the log or a metric', async (test) => {
    const events = new MemoryEvents();
    const gateway = await useIn(test, startGateway({ events, engine: { activity: 0 } }));
    const connect = async (query: string) => {
      const client = await useIn(test, connectClient(`${gateway.wsUrl}/ws/messages${query}`));
      await client.nextOf('snapshot');
      return client;
    };
    const all = await connect('');
    const clients = [all, await connect('?instance=agent-1'), await connect(`?correlation_id=${mark}-1`)];
    const good = fc.sample(event, { numRuns: 10_000, seed: 20_260_220 });
    const bad = fc.sample(broken, { numRuns: 2000, seed: 7 });
    for (const [index, one] of good.entries()) {
      events.publish('message_events', JSON.stringify(one));
      const noise = bad[index];
      if (noise !== undefined) events.publish('message_events', noise);
      // No further behind than what it may lack.
      if (index % 200 === 0) await waitFor('the client', () => all.packets.length > index + 1);
    }
    clients.push(await connect('?instance=agent-2'));
    await waitFor('every event', () => all.packets.length === 1 + good.length);

    for (const { body } of all.packets.slice(1))
      expect(Object.keys(body).sort()).toEqual([...told, 'type'].sort());
    for (const { packets } of clients)
      for (const { text } of packets) expect(text.includes(mark)).toBe(false);
    expect(gateway.log.entries.some(({ message }) => message === 'event refused')).toBe(true);
    expect(JSON.stringify(gateway.log.entries)).not.toContain(mark);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain(mark);
    const refused = (await gateway.metrics()).value('bff_rejected_total', { edge: 'message_event' });
    expect(refused).toBe(bad.length);
  });
});
