import { describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import { setUpClients } from './client-set-up.ts';

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
