import { describe, expect, it } from 'vitest';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { anyone } from '../support/principals.ts';
import { leaseOf, openSession } from '../support/session.ts';

function setUp() {
  const { clock, meter, openView, sessions } = createTestContext();
  const rendition = createFakeRendition();
  const view = openView(rendition, { repeatAfterMs: 5000 });
  const connect = (expiresAt?: number) => {
    const transport = createFakeTransport();
    transport.hear(clock.monotonic());
    openSession(sessions, { transport, owner: { ...anyone, expiresAt } }, (session) => {
      session.follow(leaseOf(view), () => textMessage('welcome', { type: 'WELCOME' }));
      return undefined;
    });
    return transport;
  };
  return { clock, meter, rendition, sessions, connect };
}

describe('Sessions', () => {
  it('asks each client for a sign of life every 30 s', () => {
    const { clock, connect } = setUp();
    const transport = connect();
    for (let second = 1; second <= 95; second += 1) {
      clock.advance(1000);
      transport.hear(clock.monotonic());
    }
    expect(transport.probes).toBe(3);
    expect(transport.terminated).toBe(false);
  });

  it('terminates a client that was silent for 75 s', () => {
    const { clock, connect, sessions } = setUp();
    const silent = connect();
    const heard = connect();
    clock.advance(74_400);
    heard.hear(clock.monotonic());
    expect(silent.terminated).toBe(false);
    clock.advance(1100);
    expect(silent.terminated).toBe(true);
    expect(heard.terminated).toBe(false);
    expect(sessions.size).toBe(1);
  });

  it('checks thousands in parts, each of them every half second', () => {
    const { clock, connect } = setUp();
    const transports = Array.from({ length: 95 }, () => connect());
    clock.advance(74_950);
    const ended = () => transports.filter(({ terminated }) => terminated).length;
    const endedAfterParts = Array.from({ length: 11 }, () => {
      clock.advance(50);
      return ended();
    });
    expect(endedAfterParts).toEqual([10, 20, 30, 40, 50, 59, 68, 77, 86, 95, 95]);
  });

  it('closes a client as slow when it could not be sent to for 30 s', () => {
    const { clock, connect, rendition } = setUp();
    const transport = connect();
    transport.block();
    rendition.publish();
    clock.advance(29_400);
    expect(transport.closes).toEqual([]);
    clock.advance(1100);
    expect(transport.closes).toContain('slow');
  });

  it('does not count a client as slow that drained in between', () => {
    const { clock, connect, rendition } = setUp();
    const transport = connect();
    for (let stall = 0; stall < 3; stall += 1) {
      transport.block();
      rendition.publish();
      clock.advance(20_000);
      transport.drain();
      transport.hear(clock.monotonic());
    }
    expect(transport.closes).toEqual([]);
  });

  it('repeats the current update after 5 s of silence', () => {
    const { clock, connect, rendition } = setUp();
    const transport = connect();
    rendition.publish();
    clock.advance(4400);
    expect(transport.sent).toEqual(['welcome', '2']);
    clock.advance(1100);
    expect(transport.sent).toEqual(['welcome', '2', '2']);
    clock.advance(5500);
    expect(transport.sent).toEqual(['welcome', '2', '2', '2']);
  });

  it('closes a client as its token expires, by the wall clock and to the second', () => {
    const { clock, connect } = setUp();
    const now = clock.now();
    const [expiring, later, never] = [connect(now + 10_000), connect(now + 3_600_000), connect()];
    for (let second = 1; second <= 9; second += 1) {
      clock.advance(1000);
      for (const { hear } of [expiring, later, never]) hear(clock.monotonic());
    }
    expect(expiring.closes).toEqual([]);
    clock.advance(2000);
    expect(expiring.closes).toEqual(['tokenExpired']);
    clock.advance(5000);
    expect(expiring.closes).toEqual(['tokenExpired']);
    expect([later.closes, never.closes]).toEqual([[], []]);
  });

  it('closes everyone at shutdown and waits for the last one to go', async () => {
    const { connect, sessions } = setUp();
    const transports = [connect(), connect()];
    let over = false;
    const done = sessions.shutDown(5000).then(() => {
      over = true;
    });
    expect(transports.map(({ closes }) => closes)).toEqual([['shutdown'], ['shutdown']]);
    transports[0]?.end({ code: 1001 });
    await Promise.resolve();
    expect(over).toBe(false);
    transports[1]?.end({ code: 1001 });
    await done;
    expect(transports.some(({ terminated }) => terminated)).toBe(false);
  });

  it('closes who comes while it shuts down', async () => {
    const { connect, sessions } = setUp();
    const early = connect();
    const done = sessions.shutDown(5000);
    const late = connect();
    expect(late.closes).toEqual(['shutdown']);
    early.end({ code: 1001 });
    late.end({ code: 1001 });
    await done;
  });

  it('terminates at shutdown those that do not go in time', async () => {
    const { connect, sessions, clock, meter } = setUp();
    const transport = connect();
    const done = sessions.shutDown(5000);
    clock.advance(5000);
    await done;
    expect(transport.terminated).toBe(true);
    expect(sessions.size).toBe(0);
    expect(meter.value('bff_clients', { dialect: 'test' })).toBe(0);
  });

  it('has nothing to wait for at shutdown without sessions', async () => {
    await setUp().sessions.shutDown(5000);
  });
});
