import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { useIn } from '../support/wait.ts';

const telemetry = {
  receive: ['PING', 'RESYNC', 'SUBSCRIBE', 'HALT', 'RESUME'],
  send: ['WELCOME', 'TELEMETRY', 'DELTA', 'PONG', 'ACK', 'ERROR'],
  query: ['encoding', 'interval', 'mode', 'sections', 'since', 'symbol'],
};
const endpoints = {
  '/': telemetry,
  '/ws/stream': telemetry,
  '/ws/diagnostics': {
    receive: ['ping', 'refresh', 'subscribe'],
    send: ['telemetry', 'logs', 'log', 'persona_entry', 'graph_update', 'pong'],
    query: [],
  },
  '/ws/instances': {
    receive: ['ping', 'set_include_archived'],
    send: [
      ...['snapshot', 'status_changed', 'instance_created', 'instance_archived', 'instance_unarchived'],
      ...['instance_deleted', 'pong', 'error'],
    ],
    query: [],
  },
  '/ws/instances/{name}/logs': {
    receive: ['ping'],
    send: ['backlog', 'lines', 'rotated', 'unavailable', 'skipped', 'pong', 'error'],
    query: ['ansi', 'backlog'],
  },
  '/ws/messages': {
    receive: ['ping'],
    send: ['snapshot', 'message_event', 'pong', 'error'],
    query: ['correlation_id', 'instance'],
  },
  '/socket.io/': {
    receive: ['subscribe', 'unsubscribe', 'request_refresh', 'set_interval'],
    send: ['connected', 'subscribed', 'unsubscribed', 'interval_updated', 'metrics_update', 'error'],
    query: [],
  },
};

describe('GET /asyncapi.json', () => {
  it('is AsyncAPI without a fault, and names every message of every endpoint', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    const answer = await fetch(`${gateway.url}/asyncapi.json`);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const { document, diagnostics } = await new Parser().parse(await answer.text());
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    if (document === undefined) throw new Error('not parsed');
    expect(document.version()).toBe('3.0.0');
    const channels = document.channels().all();
    const described = channels.map((channel) => {
      const named = (action: 'send' | 'receive') =>
        channel
          .operations()
          .all()
          .filter((operation) => operation.action() === action)
          .flatMap((operation) => operation.messages().all())
          .map((message) => message.name());
      const query = Object(channel.bindings().get('ws')?.value()?.query?.properties);
      return [
        channel.address(),
        { receive: named('receive'), send: named('send'), query: Object.keys(query).sort() },
      ];
    });
    expect(Object.fromEntries(described)).toEqual(endpoints);
    for (const message of channels.flatMap((channel) => channel.messages().all()))
      expect(message.hasPayload(), message.name() ?? '').toBe(true);
  });
});
