import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { anyone, operator } from '../support/principals.ts';
import { closeAs, leaseOf, newSession, openSession } from '../support/session.ts';

function setUp() {
  const { clock, openView, sessions } = createTestContext();
  const rendition = createFakeRendition();
  const view = openView(rendition);
  const connect = (id: string, owner = anyone) => {
    const transport = createFakeTransport();
    openSession(sessions, { id, transport, owner }, (session) => {
      session.follow(leaseOf(view), () => textMessage('welcome'));
      return undefined;
    });
    return transport;
  };
  return { clock, rendition, sessions, connect };
}

describe('Sessions', () => {
  it('say how each is, those furthest behind first', () => {
    const { sessions, connect, rendition } = setUp();
    connect('quick');
    const slow = connect('slow', { ...anyone, subject: 'bob', userAgent: 'dash/1' });
    slow.block();
    for (let update = 0; update < 3; update += 1) rendition.publish();
    const [first, second] = sessions.states(10);
    expect(first).toMatchObject({
      id: 'slow',
      transport: 'websocket',
      address: '192.0.2.1',
      subject: 'bob',
      user_agent: 'dash/1',
      view: 'test',
      since: '2026-01-01T00:00:00.000Z',
      behind: 3,
      round_trip_ms: null,
    });
    expect(first?.skipped).toBeGreaterThan(0);
    expect(second).toMatchObject({
      id: 'quick',
      behind: 0,
      skipped: 0,
      sent: 4,
      subject: null,
      user_agent: null,
    });
    expect(sessions.states(1).map(({ id }) => id)).toEqual(['slow']);
  });

  it('make room by ending the viewer that is furthest behind, and no operator', () => {
    const { sessions, connect, rendition } = setUp();
    const commander = connect('commander', operator);
    const [quick, slow] = [connect('quick'), connect('slow')];
    for (const transport of [commander, slow]) transport.block();
    rendition.publish();
    expect(sessions.dismissFurthestBehind()).toBe(true);
    expect([commander.closes, quick.closes, slow.closes]).toEqual([[], [], ['slow']]);
    // It is on its way already.
    expect(sessions.dismissFurthestBehind()).toBe(true);
    expect(quick.closes).toEqual(['slow']);
    expect(sessions.dismissFurthestBehind()).toBe(false);
  });
});

function setUpDismiss() {
  const { clock, meter, hub, openView } = createTestContext();
  const rendition = createFakeRendition();
  const view = openView(rendition);
  const transport = createFakeTransport();
  const messages: string[] = [];
  const keepalive = { ...keepaliveDefaults, silentAfterMs: Number.POSITIVE_INFINITY };
  const session = newSession(
    { transport, clock, meter, hub, own: { keepalive } },
    { receive: (data) => void messages.push(data.toString()) },
  );
  session.follow(leaseOf(view), () => textMessage('welcome'));
  return { clock, view, rendition, transport, session, messages };
}

describe('Session that is dismissed', () => {
  it('says why before it is closed', () => {
    const { session, transport } = setUpDismiss();
    session.dismiss(textMessage('why'), closeAs('badInput'));
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['badInput']]);
  });

  it('waits with the close until the client has been told', () => {
    const { session, transport, rendition } = setUpDismiss();
    transport.block();
    rendition.publish();
    session.answer(textMessage('earlier answer'));
    session.dismiss(textMessage('why'), closeAs('unknownName'));
    expect(transport.closes).toEqual([]);
    transport.drain(1);
    expect([transport.sent.at(-1), transport.closes]).toEqual(['earlier answer', []]);
    transport.drain();
    expect([transport.sent, transport.closes]).toEqual([
      ['welcome', 'earlier answer', 'why'],
      ['unknownName'],
    ]);
  });

  it('sends no further update, and hears nothing more', () => {
    const { session, transport, rendition, view, messages } = setUpDismiss();
    transport.block();
    session.dismiss(textMessage('why'), closeAs('badParameters'));
    rendition.publish();
    transport.receive('late');
    transport.drain();
    expect(transport.sent).toEqual(['welcome', 'why']);
    expect([view.size, messages]).toEqual([0, []]);
  });

  it('keeps to the first reason', () => {
    const { session, transport } = setUpDismiss();
    session.dismiss(textMessage('why'), closeAs('badParameters'));
    session.dismiss(textMessage('another'), closeAs('unknownName'));
    session.close('shutdown');
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['badParameters']]);
  });

  it('is closed as slow where it never reads why', () => {
    const { session, transport, clock } = setUpDismiss();
    transport.block();
    session.dismiss(textMessage('why'), closeAs('badParameters'));
    clock.advance(keepaliveDefaults.slowAfterMs);
    session.check(clock.monotonic());
    expect(transport.closes).toEqual(['slow']);
  });
});
