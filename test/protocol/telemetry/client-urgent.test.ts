import { describe, expect, it } from 'vitest';
import { anyone, operator } from '../../support/principals.ts';
import { setUpClients } from './client-set-up.ts';

function setUp(test: Parameters<typeof setUpClients>[0], principal = operator) {
  const asked: string[] = [];
  const subject = setUpClients(test, {
    runCommand: async ({ type, reason }) => {
      asked.push(`${type} ${reason}`);
      return { ok: true, result: null, isBegun: false };
    },
  });
  const client = subject.connect({}, undefined, principal);
  return {
    ...subject,
    ...client,
    asked,
    /** Uses up its allowance of messages. */
    chatter: () => {
      for (let count = 0; count < 40; count += 1) client.say({ type: 'PING' });
    },
    overRate: () => subject.meter.value('bff_rejected_total', { edge: 'telemetry', reason: 'rate' }),
  };
}

describe('A HALT over the rate of messages', () => {
  it('is carried out at once, and nothing else is', (test) => {
    const { chatter, say, asked, overRate } = setUp(test);
    chatter();
    for (const type of ['RESUME', 'SUBSCRIBE', 'HALT']) say({ type, reason: 'late' });
    expect(asked).toEqual(['HALT late']);
    expect(overRate()).toBe(2);
  });

  it('is carried out with the longest reason in any script, however it is written', (test) => {
    const { chatter, say, asked } = setUp(test);
    chatter();
    const reason = '停'.repeat(500);
    say(JSON.stringify({ type: 'HALT', reason, requestId: '号'.repeat(128) }));
    expect(asked).toEqual([`HALT ${reason}`]);
    const other = setUp(test);
    other.chatter();
    const escaped = '\\u505c'.repeat(500);
    other.say(`{"type":"HALT","reason":"${escaped}","requestId":"${'\\u53f7'.repeat(128)}"}`);
    expect(other.asked).toEqual([`HALT ${reason}`]);
  });

  it('is carried out once a second when it is repeated: the last of those between at its end', (test) => {
    const { chatter, say, asked, clock, overRate } = setUp(test);
    chatter();
    for (let count = 1; count <= 10; count += 1) say({ type: 'HALT', reason: `${count}` });
    expect(asked).toEqual(['HALT 1']);
    expect(overRate()).toBe(9);
    clock.advance(1000);
    expect(asked).toEqual(['HALT 1', 'HALT 10']);
    clock.advance(5000);
    expect(asked).toHaveLength(2);
  });

  it('is not lost with its client', (test) => {
    const { chatter, say, asked, clock, transport } = setUp(test);
    chatter();
    for (const reason of ['first', 'second']) say({ type: 'HALT', reason });
    transport.end();
    expect(asked).toEqual(['HALT first', 'HALT second']);
    clock.advance(5000);
    expect(asked).toHaveLength(2);
  });

  it('ends in 1008 as any flood, with few of them carried out and the last one among these', (test) => {
    const { say, asked, clock, transport } = setUp(test);
    let said = 0;
    while (transport.closes.length === 0 && said < 3000) {
      said += 1;
      say({ type: 'HALT', reason: `${said}` });
      clock.advance(5);
    }
    transport.end();
    expect(transport.closes).toEqual(['rateLimited']);
    expect(clock.monotonic()).toBeLessThan(13_000);
    // Those within the rate, 20 a second after a burst of 40, and one a second over it.
    expect(asked.length).toBeLessThan(40 + 13 * 21);
    expect(asked.at(-1)).toBe(`HALT ${said}`);
  });

  it.for([
    ['a viewer', { ...operator, role: 'viewer', isOperator: false }],
    ['anybody', anyone],
  ] as const)('is as any message of %s, who may not command', ([, principal], test) => {
    const { say, asked, clock, transport, overRate } = setUp(test, principal);
    for (let said = 0; transport.closes.length === 0 && said < 3000; said += 1) {
      say({ type: 'HALT' });
      clock.advance(5);
    }
    expect(transport.closes).toEqual(['rateLimited']);
    expect(asked.length).toBeLessThan(40 + 13 * 20);
    expect(overRate()).toBeGreaterThan(1500);
  });
});
