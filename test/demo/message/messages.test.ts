import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Instances } from '../../../src/demo/instance/instances.ts';
import { privateMark } from '../../../src/demo/message/message-text.ts';
import { Messages } from '../../../src/demo/message/messages.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const publicFields = ['message_id', 'event', 'from', 'to', 'message_type', 'detail', 'timestamp'];
const everything = { instance: undefined, correlationId: undefined };
const hourMs = 3_600_000;

function messagesOf(seed = 1) {
  const clock = createManualClock();
  const instances = new Instances(seed, clock);
  const events: Event[] = [];
  const emit = (channel: string, body: object) => {
    expect(channel).toBe('message_events');
    events.push(JSON.parse(JSON.stringify(body)));
  };
  const messages = new Messages({ seed, clock, speed: 1, emit }, instances);
  messages.life.start();
  return { clock, instances, messages, events };
}

type Event = Record<string, unknown>;

function grouped(events: readonly Event[], field: 'message_id' | 'correlation_id'): Event[][] {
  const ids = new Set(events.map((event) => event[field]));
  return [...ids].map((id) => events.filter((event) => event[field] === id));
}

describe('Messages', () => {
  it('are sent, delivered, and acknowledged, or fail on the way with a reason', () => {
    const { clock, events } = messagesOf();
    clock.advance(hourMs);
    const courses = grouped(events, 'message_id').map((course) => course.map(({ event }) => event).join(' '));
    expect([...new Set(courses.filter((course) => /acknowledged|failed/.test(course)))].sort()).toEqual([
      'sent delivered acknowledged',
      'sent delivered failed',
      'sent failed',
    ]);
    expect(
      courses.length - courses.filter((course) => /acknowledged|failed/.test(course)).length,
    ).toBeLessThan(13);
    for (const { event, detail } of events) expect(typeof detail === 'string').toBe(event === 'failed');
    expect(events.length).toBeGreaterThan(2000);
    expect(events.length).toBeLessThan(3600);
  });

  it('form chains: every answer goes back along one that was acknowledged', () => {
    const { clock, events } = messagesOf();
    clock.advance(hourMs);
    const chains = grouped(events, 'correlation_id');
    expect(chains.some((chain) => grouped(chain, 'message_id').length >= 3)).toBe(true);
    for (const chain of chains) {
      const [first, ...later] = chain.filter(({ event }) => event === 'sent');
      expect(first?.message_type).toBe('task.handoff');
      for (const { from, to, message_type } of later) {
        const acknowledged = chain.filter(({ event }) => event === 'acknowledged');
        expect(acknowledged.some((one) => one.to === from)).toBe(true);
        if (message_type === 'task.result') expect(acknowledged.some((one) => one.from === to)).toBe(true);
      }
    }
  });

  it('carry private texts beside every field that may be shown, and none within one', () => {
    const { clock, events, messages } = messagesOf();
    clock.advance(hourMs / 10);
    for (const event of events) {
      const shown = publicFields.map((field) => event[field]);
      expect(shown).not.toContain(undefined);
      expect(JSON.stringify([shown, event.correlation_id])).not.toContain(privateMark);
      for (const field of ['content', 'payload', 'headers']) {
        expect(JSON.stringify(event[field])).toContain(privateMark);
      }
    }
    expect(events.at(-1)).toMatchObject(messages.find(String(events.at(-1)?.message_id)) ?? {});
  });

  it('fail where the receiver does not run, and are not sent where there is nobody to send them', () => {
    const { clock, instances, events } = messagesOf();
    const last = instances
      .list(false)
      .filter(({ status }) => status === 'running')
      .pop();
    clock.advance(60_000);
    for (const { name } of instances.list(false)) if (name !== last?.name) instances.stop(name);
    const told = events.length;
    clock.advance(60_000);
    const after = events.slice(told);
    expect(after.filter(({ event }) => event === 'sent')).toEqual([]);
    expect(after.filter(({ detail }) => /^agent-\d is stopped$/.test(String(detail)))).not.toEqual([]);
    clock.advance(hourMs / 10);
    const settled = events.length;
    clock.advance(hourMs);
    expect(events).toHaveLength(settled);
  });

  it('are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, same, other] = [messagesOf(seed), messagesOf(seed), messagesOf(seed + 1)];
        for (const { clock } of [one, same, other]) clock.advance(hourMs / 30);
        expect(one.events).toEqual(same.events);
        expect(one.events).not.toEqual(other.events);
      }),
      { numRuns: 20 },
    );
  });

  it('are found by receiver or sender and by chain, newest first, the last 500', () => {
    const { clock, messages } = messagesOf();
    clock.advance(2 * hourMs);
    const all = messages.list(everything, 1000);
    expect(all).toHaveLength(500);
    expect(all.map(({ created_at }) => created_at)).toEqual(
      all
        .map(({ created_at }) => created_at)
        .sort()
        .reverse(),
    );
    expect(messages.list(everything, 3)).toEqual(all.slice(0, 3));
    const ofAgent = messages.list({ ...everything, instance: 'agent-1' }, 1000);
    expect(ofAgent).toEqual(all.filter(({ from, to }) => from === 'agent-1' || to === 'agent-1'));
    const chain = chainOf(messages);
    expect(messages.list({ instance: 'agent-1', correlationId: chain }, 1000)).toEqual(
      ofAgent.filter(({ correlation_id }) => correlation_id === chain),
    );
    expect(messages.list({ ...everything, instance: 'nobody' }, 1000)).toEqual([]);
  });

  it('are given as copies', () => {
    const { clock, messages } = messagesOf();
    clock.advance(60_000);
    const [message] = messages.list(everything, 1);
    if (message === undefined) throw new Error('no message');
    message.payload.context = 'changed';
    message.status = 'failed';
    expect(messages.find(message.message_id)?.payload.context).not.toBe('changed');
  });
});

function chainOf(messages: Messages): string | undefined {
  return messages.list({ ...everything, instance: 'agent-1' }, 1)[0]?.correlation_id;
}
