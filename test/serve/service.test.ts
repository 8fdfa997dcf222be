import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Refusal } from '../../src/core/errors.ts';
import type { Client } from '../../src/serve/endpoint.ts';
import type { Visit } from '../../src/serve/service.ts';
import { commanding } from '../support/access.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { anyone, operator } from '../support/principals.ts';
import { setUp } from './service-set-up.ts';

const never = Number.POSITIVE_INFINITY;

const visit = (query = ''): Visit => ({
  ...{ principal: anyone, params: {}, path: '/sum', transport: 'websocket' },
  search: new URLSearchParams(query),
});

describe('A query', () => {
  const query = z.object({ size: z.enum(['s', 'l'], { error: 'expected s or l' }) });

  it('is refused naming the field at fault, and counted', () => {
    const { service, refused } = setUp({ query });
    const refusal = service.prepare(visit('size=m'));
    expect(refusal).toMatchObject({ code: 'BAD_OPTION', detail: 'size: expected s or l' });
    expect(refused('bad_option')).toBe(1);
  });

  it('at fault may have a conversation of its own', () => {
    const { connect } = setUp({
      query,
      openFaulty: () => (session) => {
        session.close({ code: 4400, reason: 'badSize' });
        return {};
      },
    });
    expect(connect('size=m').transport.closes).toEqual(['badSize']);
  });

  it('says where a client stands, unless it comes back by itself and knows better', () => {
    const seen: unknown[] = [];
    const { service } = setUp({
      query: z.object({ since: z.string().max(100) }),
      resumeField: 'since',
      open({ query: asked }) {
        seen.push(asked);
        return () => ({});
      },
    });
    service.prepare(visit('since=a-1'));
    service.prepare({ ...visit('since=a-1'), lastEventId: 'a-2' });
    service.prepare({ ...visit(`since=${'a'.repeat(999)}`), lastEventId: 'b'.repeat(999) });
    expect(seen).toEqual([{ since: 'a-1' }, { since: 'a-2' }, { since: 'b'.repeat(100) }]);
  });
});

describe('What is held for a client', () => {
  const held = () => {
    const lease = {
      resource: {},
      released: 0,
      release() {
        lease.released += 1;
      },
    };
    return lease;
  };

  it('is given back where it is refused after all', () => {
    const lease = held();
    const { service } = setUp({
      open({ hold }) {
        hold(lease);
        return new Refusal('LIMIT');
      },
    });
    expect(service.prepare(visit())).toBeInstanceOf(Refusal);
    expect(lease.released).toBe(1);
  });

  it('is given back where no session comes of it, and is the client’s where one does', () => {
    const lease = held();
    const { service } = setUp({
      open({ hold }) {
        hold(lease);
        return (session) => {
          session.hold(lease);
          return {};
        };
      },
    });
    const [abandoned, begun] = [service.prepare(visit()), service.prepare(visit())];
    if (abandoned instanceof Refusal || begun instanceof Refusal) throw new Error('refused');
    abandoned.abandon();
    expect(lease.released).toBe(1);
    const transport = createFakeTransport();
    begun.begin(transport);
    expect(lease.released).toBe(1);
    transport.end();
    expect(lease.released).toBe(2);
  });
});

describe('The life of a session', () => {
  it('begins and ends with a line that says whose it is', () => {
    const { connect, log } = setUp();
    connect('', operator).transport.end({ code: 1000 });
    const whose = { connection_id: 'one', endpoint: 'sum', address: '192.0.2.1', subject: 'trader' };
    expect(log.entries).toMatchObject([
      { level: 'info', message: 'one came', fields: { ...whose, transport: 'websocket', role: 'operator' } },
      { level: 'info', message: 'one went (sent: 0)', fields: { ...whose, code: 1000 } },
    ]);
  });

  it('is what the client says it sees, or else its endpoint', () => {
    const { connect, sessions } = setUp();
    connect();
    expect(sessions.states(1)).toMatchObject([{ view: 'sum' }]);
    const other = setUp({}, { view: 'all of it' });
    other.connect();
    expect(other.sessions.states(1)).toMatchObject([{ view: 'all of it' }]);
  });

  it.for([
    ['the gateway’s pings where the endpoint states none', {}, 30_000, 1],
    ['pings of its own', { pingEveryMs: 10_000 }, 30_000, 3],
    ['pings no less often than the gateway’s', { pingEveryMs: 60_000 }, 30_000, 1],
    ['no pings where the endpoint rules them out', { pingEveryMs: never }, 30_000, 0],
  ] as const)('has %s', ([, keepalive, ms, probes]) => {
    const { connect, clock } = setUp({ keepalive });
    const { transport } = connect();
    clock.advance(ms + 500);
    expect(transport.probes).toBe(probes);
  });

  it('ends as idle after the time that the endpoint states, or the gateway where that is shorter', () => {
    for (const [gateway, ms] of [
      [{}, 9000],
      [{ idleAfterMs: 4000 }, 4000],
    ] as const) {
      const { connect, clock } = setUp({ keepalive: { idleAfterMs: 9000 } }, {}, gateway);
      const { transport } = connect();
      clock.advance(ms - 500);
      expect(transport.closes).toEqual([]);
      clock.advance(1000);
      expect(transport.closes).toEqual(['idle']);
    }
  });
});

describe('What a client says', () => {
  it('reaches it as its schema gives it', () => {
    const { connect, heard } = setUp();
    connect().say({ type: 'add', count: 1, more: true });
    expect(heard).toEqual([{ type: 'add', count: 1 }]);
  });

  it.for([
    ['{', 'malformed'],
    ['[]', 'unknown'],
    ['{"type":"take"}', 'unknown'],
    ['{"type":"constructor"}', 'unknown'],
    ['{"type":"add","count":-1}', 'shape'],
    ['{"type":"add","__proto__":1}', 'forbidden_key'],
  ])('is counted by its fault and ignored where it is none of the endpoint: %s', ([text, reason]) => {
    const { connect, heard, refused, log } = setUp();
    const client = connect();
    client.say(text ?? '');
    expect(heard).toEqual([]);
    expect(refused(reason ?? '')).toBe(1);
    expect(log.entries.at(-1)).toMatchObject({ level: 'debug', message: 'message ignored' });
    expect(client.transport.closes).toEqual([]);
  });

  it('is the business of a client that has words for it', () => {
    const faults: unknown[] = [];
    const unreadable: Client['unreadable'] = ({ reason, misshapen }) =>
      faults.push([reason, misshapen?.message.count]) > 0;
    const { connect, refused } = setUp({}, { unreadable });
    connect().say({ type: 'add', count: 'x' });
    expect(faults).toEqual([['shape', 'x']]);
    expect(refused('shape')).toBe(0);
  });

  it('is bounded by the rate that the endpoint states', () => {
    const messages = { perSecond: 1, burst: 2, floodMs: 3000 };
    const { connect, heard, clock } = setUp({ limits: { messages } });
    const client = connect();
    const flood = () => {
      for (let count = 0; count < 5; count += 1) client.say({ type: 'add', count });
    };
    flood();
    expect(heard).toHaveLength(2);
    for (let second = 0; second < 4; second += 0.5) {
      clock.advance(500);
      flood();
    }
    expect(client.transport.closes).toEqual(['rateLimited']);
  });

  it('is acted on over the rate where it is urgent and whoever says it may', () => {
    const limits = {
      messages: { perSecond: 1, burst: 1, floodMs: 9000 },
      urgent: { types: ['add'], from: commanding },
    };
    for (const [principal, times] of [[operator, 2] as const, [anyone, 1] as const]) {
      const { connect, heard } = setUp({ limits });
      const client = connect('', principal);
      for (const count of [1, 2]) client.say({ type: 'add', count });
      expect(heard).toHaveLength(times);
    }
  });
});
