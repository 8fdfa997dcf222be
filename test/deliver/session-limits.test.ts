import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { anyone } from '../support/principals.ts';
import { leaseOf, openSession } from '../support/session.ts';

function setUp({ idleAfterMs = Number.POSITIVE_INFINITY, expiresInMs = Number.POSITIVE_INFINITY } = {}) {
  const { clock, meter, openView, sessions } = createTestContext();
  const rendition = createFakeRendition();
  const view = openView(rendition);
  const transport = createFakeTransport();
  const heard: string[] = [];
  const urgent = { types: ['urgent'], isWellFormed: () => true };
  const keepalive = { ...keepaliveDefaults, silentAfterMs: Number.POSITIVE_INFINITY, idleAfterMs };
  openSession(
    sessions,
    { transport, own: { keepalive, urgent }, owner: { ...anyone, expiresAt: clock.now() + expiresInMs } },
    (session) => {
      session.follow(leaseOf(view), () => textMessage('welcome'));
      return { receive: (data) => void heard.push(data.toString()) };
    },
  );
  return { clock, meter, rendition, transport, heard };
}

describe('Session that the gateway has closed', () => {
  it('acts on nothing more, however urgent, though its client goes on without answering the close', () => {
    const { clock, transport, heard } = setUp({ expiresInMs: 1000 });
    transport.receive('in time');
    clock.advance(1500);
    expect(transport.closes).toEqual(['tokenExpired']);
    for (let count = 0; count < 100; count += 1) transport.receive('{"type":"urgent"}');
    expect(heard).toEqual(['in time']);
    expect(transport.ping()).toBe(false);
  });
});

describe('Session and the pings of its client', () => {
  it('answers as many as it would take messages, and closes one that goes on for 10 s', () => {
    const { clock, meter, transport } = setUp();
    const answered = Array.from({ length: 50 }, () => transport.ping()).filter(Boolean);
    expect(answered).toHaveLength(40);
    expect(meter.value('bff_rejected_total', { edge: 'test', reason: 'rate' })).toBe(10);
    for (let elapsed = 0; elapsed < 10_100; elapsed += 10) {
      clock.advance(10);
      transport.ping();
    }
    expect(transport.closes).toContain('rateLimited');
  });

  it('takes them for a sign that its client is not idle', () => {
    const { clock, transport } = setUp({ idleAfterMs: 90_000 });
    for (let elapsed = 0; elapsed < 300; elapsed += 30) {
      expect(transport.ping()).toBe(true);
      clock.advance(30_000);
    }
    expect(transport.closes).toEqual([]);
    clock.advance(61_000);
    expect(transport.closes).toContain('idle');
  });
});

describe('Session of a slow client', () => {
  it('is closed 30 s after the first update that was refused, whatever drains let nothing through', () => {
    const { clock, rendition, transport } = setUp();
    transport.block();
    rendition.publish();
    for (let second = 0; second < 29; second += 1) {
      clock.advance(1000);
      transport.drain(0);
    }
    expect(transport.closes).toEqual([]);
    clock.advance(1500);
    expect(transport.closes).toContain('slow');
  });

  it('is not closed while each drain lets something through', () => {
    const { clock, rendition, transport } = setUp();
    transport.block();
    for (let second = 0; second < 90; second += 1) {
      rendition.publish();
      clock.advance(1000);
      if (second % 20 === 0) transport.drain(1);
    }
    expect(transport.closes).toEqual([]);
  });
});
