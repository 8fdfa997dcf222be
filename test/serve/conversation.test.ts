import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/serve/endpoint.ts';
import { commanding } from '../support/access.ts';
import { anyone, operator } from '../support/principals.ts';
import { setUp } from './service-set-up.ts';

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
