import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/deliver/channel.ts';
import { Hub, hubDefaults } from '../../src/deliver/hub.ts';
import { sessionDefaults } from '../../src/deliver/patience.ts';
import { createFakeRendition, packet } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { newSession } from '../support/session.ts';

function setUp() {
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const hub = new Hub({ clock, meter, ...hubDefaults });
  const rendition = createFakeRendition();
  const channel = new Channel(rendition);
  hub.open(channel);
  const transport = createFakeTransport();
  const messages: string[] = [];
  const limits = { ...sessionDefaults, silentAfterMs: Number.POSITIVE_INFINITY };
  const session = newSession(
    { transport, clock, meter, hub, limits },
    { receive: (data) => void messages.push(data.toString()) },
  );
  session.follow(channel, () => packet('welcome'));
  return { clock, channel, rendition, transport, session, messages };
}

describe('Session that is dismissed', () => {
  it('says why before it is closed', () => {
    const { session, transport } = setUp();
    session.dismiss(packet('why'), 'badInput');
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['badInput']]);
  });

  it('waits with the close until the client has been told', () => {
    const { session, transport, rendition } = setUp();
    transport.block();
    rendition.publish();
    session.answer(packet('earlier answer'));
    session.dismiss(packet('why'), 'unknownName');
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
    const { session, transport, rendition, channel, messages } = setUp();
    transport.block();
    session.dismiss(packet('why'), 'badParameters');
    rendition.publish();
    transport.receive('late');
    transport.drain();
    expect(transport.sent).toEqual(['welcome', 'why']);
    expect([channel.size, messages]).toEqual([0, []]);
  });

  it('keeps to the first reason', () => {
    const { session, transport } = setUp();
    session.dismiss(packet('why'), 'badParameters');
    session.dismiss(packet('another'), 'unknownName');
    session.close('shutdown');
    expect([transport.sent, transport.closes]).toEqual([['welcome', 'why'], ['badParameters']]);
  });

  it('is closed as slow where it never reads why', () => {
    const { session, transport, clock } = setUp();
    transport.block();
    session.dismiss(packet('why'), 'badParameters');
    clock.advance(sessionDefaults.slowAfterMs);
    session.check(clock.monotonic());
    expect(transport.closes).toEqual(['slow']);
  });
});
