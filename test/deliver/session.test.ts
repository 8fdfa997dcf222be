import { describe, expect, it } from 'vitest';
import type { TransportEnd } from '../../src/deliver/transport.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { leaseOf, newSession, openSession } from '../support/session.ts';

function setUp({ repeatAfterMs = 5000 } = {}) {
  const { clock, meter, hub, openView, sessions } = createTestContext({ fanOut: { turnMs: 5 } });
  const rendition = createFakeRendition();
  const view = openView(rendition, { repeatAfterMs });
  const transport = createFakeTransport();
  const messages: string[] = [];
  const ends: TransportEnd[] = [];
  const session = openSession(sessions, { transport }, (opened) => {
    opened.follow(leaseOf(view), () => textMessage('welcome 1', { type: 'WELCOME' }));
    return {
      receive(data) {
        messages.push(data.toString());
        opened.answer(textMessage(`re ${data}`));
      },
      ended: (end) => void ends.push(end),
    };
  });
  return { clock, meter, hub, rendition, view, sessions, transport, messages, ends, session };
}

describe('Session', () => {
  it('greets first and then sends each update once', () => {
    const { transport, rendition } = setUp();
    rendition.publish();
    rendition.publish();
    transport.drain();
    expect(transport.sent).toEqual(['welcome 1', '2', '3']);
  });

  it('skips an unwritable client and gives it only the newest update when it drains', () => {
    const { transport, rendition, meter } = setUp();
    transport.block();
    for (let news = 0; news < 5; news += 1) rendition.publish();
    expect(meter.value('bff_skipped_total', { dialect: 'test' })).toBe(5);
    transport.drain();
    expect(transport.sent).toEqual(['welcome 1', '6']);
  });

  it('sends nothing at a drain when the client already holds the newest update', () => {
    const { transport, session } = setUp();
    transport.block();
    session.answer(textMessage('late answer'));
    transport.drain();
    expect(transport.sent).toEqual(['welcome 1', 'late answer']);
  });

  it('makes an opening that did not fit when it fits, of the newest state then, and sends no update ahead of it', () => {
    const { view, rendition, clock, meter, hub } = setUp();
    const transport = createFakeTransport();
    transport.block();
    const second = newSession({ transport, clock, meter, hub });
    second.follow(leaseOf(view), () => textMessage(`welcome ${rendition.seq}`, { type: 'WELCOME' }));
    rendition.publish();
    expect(transport.sent).toEqual([]);
    transport.drain();
    expect(transport.sent).toEqual(['welcome 2']);
    rendition.publish();
    expect(transport.sent).toEqual(['welcome 2', '3']);
  });

  it('sends no update past an answer that waits', () => {
    const { transport, rendition, session } = setUp();
    transport.block();
    session.answer(textMessage('answer'));
    transport.unblock();
    rendition.publish();
    transport.drain();
    expect(transport.sent).toEqual(['welcome 1', 'answer', '2']);
  });

  it('stops reading when 64 answers wait, and sends them in order ahead of updates', () => {
    const { transport, rendition, clock } = setUp({ repeatAfterMs: 0 });
    transport.block();
    for (let count = 0; count < 63; count += 1) {
      transport.receive(`${count}`);
      clock.advance(60);
    }
    expect(transport.paused).toBe(false);
    transport.receive('63');
    expect(transport.paused).toBe(true);
    rendition.publish();
    transport.drain(30);
    expect(transport.paused).toBe(true);
    transport.drain();
    expect(transport.paused).toBe(false);
    const answers = Array.from({ length: 64 }, (_, index) => `re ${index}`);
    expect(transport.sent).toEqual(['welcome 1', ...answers, '2']);
  });

  it('leaves its view when the connection ends, and says how it ended', () => {
    const { transport, view, rendition, ends, sessions, meter } = setUp();
    transport.end({ code: 1006, fault: 'socket' });
    rendition.publish();
    expect(transport.sent).toEqual(['welcome 1']);
    expect(view.size).toBe(0);
    expect(sessions.size).toBe(0);
    expect(ends).toEqual([{ code: 1006, fault: 'socket' }]);
    expect(meter.value('bff_send_failures_total', { dialect: 'test' })).toBe(1);
  });

  it('ignores messages over the rate and closes a client that floods for 10 s', () => {
    const { transport, messages, clock, meter } = setUp();
    for (let count = 0; count < 50; count += 1) transport.receive('x');
    expect(messages).toHaveLength(40);
    expect(meter.value('bff_rejected_total', { edge: 'test', reason: 'rate' })).toBe(10);
    for (let elapsed = 0; elapsed < 9900; elapsed += 10) {
      clock.advance(10);
      transport.receive('x');
    }
    expect(transport.closes).toEqual([]);
    for (let elapsed = 0; elapsed < 200; elapsed += 10) {
      clock.advance(10);
      transport.receive('x');
    }
    expect(transport.closes).toContain('rateLimited');
  });
});

function setUpViews(intervalMs = 0) {
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
    const { open, transport, session } = setUpViews();
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
    const { open, transport, session } = setUpViews();
    const { rendition, view } = open();
    const following = session.follow(leaseOf(view), () => textMessage('hello'));
    rendition.publish();
    following.resync();
    rendition.publish();
    expect(transport.sent).toEqual(['hello', '1>2', '2', '2>3']);
  });

  it('is given the whole once it reads again, where it asked for a resync before', () => {
    const { open, transport, session } = setUpViews();
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
    const { open, transport, session, clock } = setUpViews(1000);
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
