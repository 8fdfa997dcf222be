import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { telemetryHears, telemetryTells } from '../../../src/protocol/telemetry/schema.ts';
import { connectOptions } from '../../../src/protocol/telemetry/view/options.ts';
import { describedChannel } from '../../support/conversation.ts';
import { setUpClients } from './client-set-up.ts';

const { messages, query } = describedChannel({
  id: 'telemetry',
  description: '',
  query: connectOptions,
  hears: telemetryHears,
  tells: telemetryTells,
});
const schemaOf = (name: string): object => messages.find((message) => message.name === name)?.payload ?? {};

const accepts = (name: string, value: unknown): boolean => asSchema(schemaOf(name)).safeParse(value).success;

/** Reads a JSON Schema back; throws for what is none. */
function asSchema(schema: object): z.ZodType {
  return z.fromJSONSchema({ ...schema }, { defaultTarget: 'draft-7' });
}

describe('Description of the telemetry dialect', () => {
  it('names every message once, with a summary', () => {
    const names = messages.map(({ name }) => name);
    expect(names).toEqual([
      'PING',
      'RESYNC',
      'SUBSCRIBE',
      'HALT',
      'RESUME',
      'WELCOME',
      'TELEMETRY',
      'DELTA',
      'PONG',
      'ACK',
      'ERROR',
    ]);
    expect(messages.every(({ summary }) => summary.length > 5)).toBe(true);
  });

  it.each(messages.map(({ name, payload }) => [name, payload] as const))(
    'has a JSON Schema for %s',
    (_name, payload) => {
      expect(payload).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' });
      expect(JSON.parse(JSON.stringify(payload))).toEqual(payload);
      expect(() => asSchema(payload)).not.toThrow();
    },
  );

  it('describes the query as an object of the six options', () => {
    expect(query).toMatchObject({ type: 'object' });
    const properties: unknown = Reflect.get(query ?? {}, 'properties');
    expect(Object.keys(Object(properties)).sort()).toEqual([
      'encoding',
      'interval',
      'mode',
      'sections',
      'since',
      'symbol',
    ]);
  });

  it.each([
    ['PING', { type: 'PING', t: null }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', sections: 'market,logs', interval: 250 }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', sections: ['market'], interval: 250 }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', sections: null, symbol: null, requestId: 'r' }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', interval: 'pause' }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', colour: 'red' }],
    ['HALT', { type: 'HALT', reason: 'drill' }],
  ])('lets in what may be said: %s %j', (name, message) => expect(accepts(name, message)).toBe(true));

  it.each([
    ['PING', { type: 'PONG' }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', mode: 'partial' }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', interval: 'never' }],
    ['PONG', { type: 'PONG', t: 1, server_time: '2026-01-01T00:00:00.000Z', state: 'ACTIVE' }],
    ['SUBSCRIBE', { type: 'SUBSCRIBE', symbol: 'spy' }],
    ['DELTA', { type: 'DELTA', seq: 2, patch: {} }],
  ])('keeps out what may not: %s %j', (name, message) => expect(accepts(name, message)).toBe(false));

  it('describes every packet that a client is really sent', (test) => {
    const { connect, change } = setUpClients(test);
    const client = connect({ mode: 'delta' });
    change();
    client.say({ type: 'SUBSCRIBE', sections: ['market'], requestId: 'r' });
    client.say({ type: 'SUBSCRIBE', interval: -1 });
    client.say({ type: 'SUBSCRIBE', interval: 'pause' });
    client.say({ type: 'PING', t: { a: 1 } });
    const { seq, granted } = client.packets()[0] ?? {};
    const since = { epoch: String(client.packets()[0]?.epoch), seq: Number(seq) };
    const packets = [...client.packets(), ...connect({ mode: 'delta' }, since).packets()];
    expect(granted).toBeDefined();
    expect(new Set(packets.map(({ type }) => type)).size).toBe(6);
    for (const packet of packets)
      expect([packet.type, accepts(String(packet.type), packet)]).toEqual([packet.type, true]);
  });
});
