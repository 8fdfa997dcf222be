import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryJson } from '../../support/arbitrary-json.ts';
import { waitFor } from '../../support/wait.ts';
import { setUpClients } from './client-set-up.ts';
import { state } from './document/aggregate-set-up.ts';

describe('PING', () => {
  it('is silent without t', (test) => {
    const { connect } = setUpClients(test);
    const client = connect();
    client.say({ type: 'PING' });
    expect(client.types()).toEqual(['WELCOME']);
  });

  it('is answered with whatever t it carries, null and 0 too, the time and how fresh the state is', (test) => {
    const { connect, clock } = setUpClients(test);
    const client = connect();
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(null, 0), arbitraryJson), (t) => {
        clock.advance(100);
        client.say({ type: 'PING', t, role: 'operator', seq: 9 });
        const server_time = new Date(clock.now()).toISOString();
        expect(client.last()).toEqual({
          type: 'PONG',
          t: JSON.parse(JSON.stringify(t)),
          server_time,
          state: 'down',
        });
      }),
      { numRuns: 30 },
    );
  });

  it('is answered with the freshness of the state that the client sees, be it of a symbol', async (test) => {
    const { connect, freshen, answer } = setUpClients(test);
    const clients = [connect({ sections: ['logs'] }), connect({ symbol: 'AAPL' })];
    const ping = () =>
      clients.map((client) => {
        client.say({ type: 'PING', t: 1 });
        return client.last().state;
      });
    expect(ping()).toEqual(['down', 'down']);
    await answer('state of AAPL', { ...state, market: { ...state.market, symbol: 'AAPL' } });
    await waitFor('the answer about it', () => clients[1]?.types().includes('TELEMETRY'));
    expect(ping()).toEqual(['down', 'fresh']);
    await freshen();
    expect(ping()).toEqual(['fresh', 'fresh']);
  });
});

describe('What is no message', () => {
  it.for([
    'null',
    '0',
    '"PING"',
    '[]',
    '["PING"]',
    '[{"type":"PING","t":1}]',
    '{}',
    '{"type":null,"t":1}',
    '{"type":"ping","t":1}',
    '{"type":"PING ","t":1}',
    '{"type":["PING"],"t":1}',
    '{"type":{"toString":"PING"},"t":1}',
    '{"Type":"PING","t":1}',
    '{"type":"toString"}',
    '{"type":"WELCOME"}',
    '{"data":{"type":"PING"}}',
  ])('is counted as unknown and ignored: %s', (text, test) => {
    const { connect, meter, log } = setUpClients(test);
    const client = connect();
    client.say(text);
    expect(client.types()).toEqual(['WELCOME']);
    expect(meter.value('bff_rejected_total', { edge: 'telemetry', reason: 'unknown' })).toBe(1);
    expect(log.entries.at(-1)).toMatchObject({ level: 'debug', message: 'message ignored' });
  });

  it.for([
    ['', 'malformed'],
    ['{"type":"PING","t":1', 'malformed'],
    ['{"type":"PING","t":1,"__proto__":{}}', 'forbidden_key'],
    [`{"type":"PING","t":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'too_deep'],
  ])('is counted by its fault: %s', ([text, reason], test) => {
    const { connect, meter } = setUpClients(test);
    const client = connect();
    client.say(text ?? '');
    expect(client.types()).toEqual(['WELCOME']);
    expect(meter.value('bff_rejected_total', { edge: 'telemetry', reason: reason ?? '' })).toBe(1);
  });

  it('throws nothing and ends nothing, whatever it is', (test) => {
    const { connect, clock } = setUpClients(test);
    const client = connect();
    const type = fc.constantFrom('PING', 'RESYNC', 'SUBSCRIBE', 'HALT', 'RESUME', 'WELCOME');
    const message = fc.record(
      {
        type,
        t: arbitraryJson,
        mode: arbitraryJson,
        sections: arbitraryJson,
        interval: arbitraryJson,
        requestId: arbitraryJson,
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(fc.oneof(message, arbitraryJson, fc.string()), (said) => {
        clock.advance(60);
        client.say(JSON.stringify(said));
        expect(client.transport.open).toBe(true);
        expect(client.transport.closes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('RESYNC', () => {
  it('is answered with the whole state at once, in delta mode too', (test) => {
    const { connect, change } = setUpClients(test);
    const client = connect({ mode: 'delta' });
    change();
    client.say({ type: 'RESYNC' });
    change();
    expect(client.types()).toEqual(['WELCOME', 'DELTA', 'TELEMETRY', 'DELTA']);
    expect(client.read().faults).toEqual([]);
  });

  it('is answered once a second, the last one at the end of it', (test) => {
    const { connect, clock } = setUpClients(test);
    const client = connect({ mode: 'delta' });
    for (let count = 0; count < 30; count += 1) {
      client.say({ type: 'RESYNC' });
      clock.advance(30);
    }
    expect(client.types()).toEqual(['WELCOME', 'TELEMETRY']);
    clock.advance(100);
    expect(client.types()).toEqual(['WELCOME', 'TELEMETRY', 'TELEMETRY']);
    clock.advance(5000);
    expect(client.types()).toHaveLength(3);
  });

  it('waits for a client that does not read, and for one that leaves not at all', (test) => {
    const { connect, clock } = setUpClients(test);
    const [client, leaving] = [connect({ mode: 'delta' }), connect({ mode: 'delta' })];
    client.transport.block();
    client.say({ type: 'RESYNC' });
    for (const message of [1, 2]) leaving.say({ type: 'RESYNC', message });
    leaving.transport.end();
    clock.advance(5000);
    client.transport.drain();
    expect(client.types()).toEqual(['WELCOME', 'TELEMETRY']);
    expect(leaving.types()).toEqual(['WELCOME', 'TELEMETRY']);
  });
});

describe('A command', () => {
  it('is handed over with who sent it, and its outcome is the answer', async (test) => {
    const asked: unknown[] = [];
    const { connect } = setUpClients(test, {
      runCommand: async (message, caller) => {
        asked.push(message, caller.connectionId, caller.principal.role);
        return { ok: true, result: { halted: true }, isBegun: false };
      },
    });
    const client = connect();
    client.say({ type: 'HALT', reason: 'drill', requestId: 'r' });
    await waitFor('the answer', () => client.types().length === 2);
    expect(asked).toEqual([{ type: 'HALT', reason: 'drill', requestId: 'r' }, 'id', 'viewer']);
    expect(client.last()).toEqual({ type: 'ACK', command: 'HALT', requestId: 'r', result: { halted: true } });
  });

  it('is carried out whatever stands beside it', (test) => {
    const asked: string[] = [];
    const { connect } = setUpClients(test, {
      runCommand: async ({ type, reason }) => {
        asked.push(`${type} ${reason}`);
        return { ok: true, result: null, isBegun: false };
      },
    });
    connect().say({ type: 'HALT', reason: 5, requestId: {}, extra: 1 });
    expect(asked).toEqual(['HALT undefined']);
  });

  it('that fails in the gateway is logged, and the connection stays', async (test) => {
    const { connect, log } = setUpClients(test, { runCommand: () => Promise.reject(new Error('boom')) });
    const client = connect();
    client.say({ type: 'HALT' });
    await waitFor('the log', () => log.entries.some(({ message }) => message === 'command failed'));
    client.say({ type: 'PING', t: 1 });
    expect(client.last()).toMatchObject({ type: 'PONG', t: 1 });
  });
});
