import { describe, expect, it } from 'vitest';
import { usualCloses } from '../../src/deliver/closes.ts';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
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

function setUpLimits({
  idleAfterMs = Number.POSITIVE_INFINITY,
  expiresInMs = Number.POSITIVE_INFINITY,
} = {}) {
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
    const { clock, transport, heard } = setUpLimits({ expiresInMs: 1000 });
    transport.receive('in time');
    clock.advance(1500);
    expect(transport.closes).toEqual(['tokenExpired']);
    for (let count = 0; count < 100; count += 1) transport.receive('{"type":"urgent"}');
    expect(heard).toEqual(['in time']);
    expect(transport.ping()).toBe(false);
  });
});

describe('Session whose end has a last message', () => {
  const said = { ...usualCloses.tokenExpired, lastMessage: () => textMessage('why') };

  function setUpWords() {
    const { clock, openView, sessions } = createTestContext();
    const transport = createFakeTransport();
    const owner = { ...anyone, expiresAt: clock.now() + 1000 };
    const closes = { ...usualCloses, tokenExpired: said };
    const view = openView(createFakeRendition());
    openSession(sessions, { transport, own: { closes }, owner }, (session) => {
      session.follow(leaseOf(view), () => textMessage('welcome'));
      return undefined;
    });
    const pass = (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000);
        transport.hear(clock.monotonic());
      }
    };
    return { transport, pass, sessions };
  }

  it('is sent it once, before the close', () => {
    const { transport, pass } = setUpWords();
    pass(5);
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['tokenExpired']]);
  });

  it('is closed when its client has read that far', () => {
    const { transport, pass } = setUpWords();
    transport.block();
    pass(5);
    expect([transport.sent, transport.closes]).toEqual([['welcome'], []]);
    transport.drain();
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['tokenExpired']]);
  });

  it('is closed without where its client does not read, as slow or with everybody else', async () => {
    const { transport, pass } = setUpWords();
    transport.block();
    pass(40);
    expect([transport.sent, transport.closes]).toEqual([['welcome'], ['slow']]);
    const other = setUpWords();
    other.transport.block();
    other.pass(5);
    const over = other.sessions.shutDown(1000);
    expect(other.transport.closes).toEqual(['shutdown']);
    other.transport.end();
    await over;
  });
});

describe('Session and the pings of its client', () => {
  it('answers as many as it would take messages, and closes one that goes on for 10 s', () => {
    const { clock, meter, transport } = setUpLimits();
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
    const { clock, transport } = setUpLimits({ idleAfterMs: 90_000 });
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
    const { clock, rendition, transport } = setUpLimits();
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
    const { clock, rendition, transport } = setUpLimits();
    transport.block();
    for (let second = 0; second < 90; second += 1) {
      rendition.publish();
      clock.advance(1000);
      if (second % 20 === 0) transport.drain(1);
    }
    expect(transport.closes).toEqual([]);
  });
});
