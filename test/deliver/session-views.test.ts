import { describe, expect, it } from 'vitest';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { leaseOf, newSession } from '../support/session.ts';

function setUp(intervalMs = 0) {
  const { clock, meter, hub, openView } = createTestContext();
  const open = () => {
    const rendition = createFakeRendition({ deltas: true });
    return { rendition, view: openView(rendition, { intervalMs }) };
  };
  const transport = createFakeTransport();
  const session = newSession({ transport, clock, meter, hub });
  return { clock, open, transport, session };
}

describe('Session that changes what it follows', () => {
  it('is sent nothing of what it left, and everything of what it follows now', () => {
    const { open, transport, session } = setUp();
    const [old, now] = [open(), open()];
    const following = session.follow(leaseOf(old.view), () => textMessage('old'));
    following.leave();
    following.leave();
    session.answer(textMessage('ack'));
    session.follow(leaseOf(now.view), () => textMessage('now'));
    old.rendition.publish();
    now.rendition.publish();
    expect(transport.sent).toEqual(['old', 'ack', 'now', '1>2']);
    expect([old.view.size, now.view.size]).toEqual([0, 1]);
    transport.end();
    expect(now.view.size).toBe(0);
  });

  it('is given the whole at a resync, and deltas from there on', () => {
    const { open, transport, session } = setUp();
    const { rendition, view } = open();
    const following = session.follow(leaseOf(view), () => textMessage('hello'));
    rendition.publish();
    following.resync();
    rendition.publish();
    expect(transport.sent).toEqual(['hello', '1>2', '2', '2>3']);
  });

  it('is given the whole once it reads again, where it asked for a resync before', () => {
    const { open, transport, session } = setUp();
    const { rendition, view } = open();
    const following = session.follow(leaseOf(view), () => textMessage('hello'));
    transport.block();
    following.resync();
    rendition.publish();
    transport.drain();
    rendition.publish();
    expect(transport.sent).toEqual(['hello', '2', '2>3']);
  });

  it('keeps to the interval also when it drains, and gets the newest on the beat', () => {
    const { open, transport, session, clock } = setUp(1000);
    const { rendition, view } = open();
    session.follow(leaseOf(view), () => textMessage('hello'));
    clock.advance(900);
    rendition.publish();
    clock.advance(100);
    expect(transport.sent).toEqual(['hello', '1>2']);
    transport.block();
    rendition.publish();
    clock.advance(1000);
    rendition.publish();
    clock.advance(50);
    transport.drain();
    expect(transport.sent).toEqual(['hello', '1>2', '4']);
    transport.block();
    clock.advance(950);
    rendition.publish();
    transport.drain();
    clock.advance(1000);
    expect(transport.sent.slice(3)).toEqual(['4>5']);
  });
});
