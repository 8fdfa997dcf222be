import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { closeAs, leaseOf, newSession } from '../support/session.ts';

function setUp() {
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
    const { session, transport } = setUp();
    session.dismiss(textMessage('why'), closeAs('badInput'));
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['badInput']]);
  });

  it('waits with the close until the client has been told', () => {
    const { session, transport, rendition } = setUp();
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
    const { session, transport, rendition, view, messages } = setUp();
    transport.block();
    session.dismiss(textMessage('why'), closeAs('badParameters'));
    rendition.publish();
    transport.receive('late');
    transport.drain();
    expect(transport.sent).toEqual(['welcome', 'why']);
    expect([view.size, messages]).toEqual([0, []]);
  });

  it('keeps to the first reason', () => {
    const { session, transport } = setUp();
    session.dismiss(textMessage('why'), closeAs('badParameters'));
    session.dismiss(textMessage('another'), closeAs('unknownName'));
    session.close('shutdown');
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['badParameters']]);
  });

  it('is closed as slow where it never reads why', () => {
    const { session, transport, clock } = setUp();
    transport.block();
    session.dismiss(textMessage('why'), closeAs('badParameters'));
    clock.advance(keepaliveDefaults.slowAfterMs);
    session.check(clock.monotonic());
    expect(transport.closes).toEqual(['slow']);
  });
});
