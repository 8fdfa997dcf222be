import { describe, expect, it } from 'vitest';
import { settled } from '../../support/wait.ts';
import { instance, setUpStreams, viewer } from './set-up.ts';

describe('Stream session', () => {
  it('answers each ping at once, whatever stands beside it', async (test) => {
    const { connectInstances, answer } = setUpStreams(test);
    const client = connectInstances();
    client.say({ type: 'ping', t: 1 });
    expect(client.frames()).toEqual([{ type: 'pong' }]);
    await answer([]);
    client.say({ type: 'ping' });
    expect(client.types()).toEqual(['pong', 'snapshot', 'pong']);
  });

  it('is closed after 90 s without a message, pings and updates of its own not counted', async (test) => {
    const { connectMessages, clock } = setUpStreams(test);
    const [silent, other] = [connectMessages(), connectMessages()];
    for (let second = 1; second < 90; second += 1) {
      clock.advance(1000);
      silent?.transport.hear(clock.monotonic());
      if (second % 30 === 0) other?.say({ type: 'ping' });
    }
    expect(silent?.transport.closes).toEqual([]);
    clock.advance(1000);
    expect([silent?.transport.closes, other?.transport.closes]).toEqual([['idle'], []]);
    expect([silent?.transport.probes, other?.transport.probes]).toEqual([0, 0]);
    clock.advance(60_500);
    expect(other?.transport.closes).toEqual(['idle']);
  });

  it.for([
    ['', 'nothing'],
    ['{', 'no JSON'],
    ['null', 'no object'],
    ['[]', 'a list'],
    ['{}', 'no type'],
    ['{"type":7}', 'a number for a type'],
    ['{"type":"PING"}', 'an unknown type'],
    ['{"type":"set_include_archived"}', 'no value'],
    ['{"type":"set_include_archived","value":"true"}', 'a wrong value'],
    ['{"type":"ping","__proto__":{}}', 'a key that is not allowed'],
  ] as const)('ends with an error frame where a client says %s (%s)', async ([text], test) => {
    const { connectInstances, answer, meter } = setUpStreams(test);
    const client = connectInstances();
    await answer([]);
    client.transport.receive(text);
    expect(client.frames().at(-1)).toMatchObject({ type: 'error', code: 'invalid_frame' });
    expect(client.transport.closes).toEqual(['badInput']);
    const edge = { edge: 'streams', reason: 'invalid_frame' };
    expect(meter.value('bff_rejected_total', edge)).toBe(1);
    client.say({ type: 'ping' });
    expect(client.types()).toEqual(['snapshot', 'error']);
  });

  it('takes the choice of archived instances where there are instances only', async (test) => {
    const { connectMessages } = setUpStreams(test);
    const client = connectMessages();
    client?.say({ type: 'set_include_archived', value: true });
    expect(client?.transport.closes).toEqual(['badInput']);
  });

  it('ends when its token expires', async (test) => {
    const { connectInstances, clock } = setUpStreams(test);
    const client = connectInstances({ ...viewer, expiresAt: clock.now() + 5000 });
    clock.advance(4500);
    expect(client.transport.closes).toEqual([]);
    clock.advance(500);
    expect(client.transport.closes).toEqual(['tokenExpired']);
  });

  it('is closed as slow after 30 s in which it could not be sent to', async (test) => {
    const { connectInstances, answer, instanceEvent, clock } = setUpStreams(test);
    const client = connectInstances();
    await answer([instance('a')]);
    client.transport.block();
    instanceEvent({ type: 'instance_deleted', name: 'a' });
    clock.advance(31_000);
    expect(client.transport.closes).toEqual(['slow']);
  });

  it('leaves nothing behind', async (test) => {
    const { connectInstances, connectMessages, answer, client, clock, sessions } = setUpStreams(test);
    const gone = [connectInstances(), connectInstances(), connectMessages()];
    await answer([]);
    for (const one of gone) one?.transport.end();
    expect(sessions.size).toBe(0);
    clock.advance(29_000);
    client.requests.length = 0;
    clock.advance(1000);
    await settled();
    clock.advance(10_000);
    expect(client.requests).toEqual([]);
  });
});
