import { describe, expect, it } from 'vitest';
import type { TestScope } from '../../../support/wait.ts';
import { instance, setUpStreams } from '../set-up.ts';

const timestamp = '2026-02-20T01:23:45Z';
const stopped = { type: 'status_changed', name: 'a', status: 'stopped', pid: null, timestamp };

async function setUp(test: TestScope) {
  const subject = setUpStreams(test);
  const client = subject.connectInstances();
  await subject.answer([instance('a')]);
  /** A poll that is under way: started now, answered by the test. */
  const startPoll = () => {
    subject.clock.advance(1000);
    const request = subject.client.requests.shift();
    if (request === undefined) throw new Error('no poll was started');
    subject.clock.advance(1);
    return request;
  };
  return { ...subject, startPoll, deltas: () => client.frames().slice(1) };
}

describe('Instances between polls and events', () => {
  it('keep what an event said against a poll that was under way', async (test) => {
    const { startPoll, instanceEvent, deltas, meter } = await setUp(test);
    const poll = startPoll();
    instanceEvent(stopped);
    await poll.answer([instance('a')]);
    expect(deltas()).toEqual([stopped]);
    expect(meter.value('bff_arbitrated_total')).toBe(2);
  });

  it('believe a poll that was started after the event', async (test) => {
    const { startPoll, instanceEvent, deltas } = await setUp(test);
    instanceEvent(stopped);
    await startPoll().answer([instance('a')]);
    expect(deltas()).toMatchObject([stopped, { type: 'status_changed', status: 'running', pid: 7 }]);
  });

  it('neither lose one that was created during a poll, nor bring one back that was deleted', async (test) => {
    const { startPoll, instanceEvent, deltas } = await setUp(test);
    const poll = startPoll();
    const created = { type: 'instance_created', name: 'b', port: 2, status: 'stopped', timestamp };
    const deleted = { type: 'instance_deleted', name: 'a', timestamp };
    instanceEvent(created);
    instanceEvent(deleted);
    await poll.answer([instance('a')]);
    expect(deltas()).toEqual([created, deleted]);
    await startPoll().answer([instance('b', { port: 2, status: 'stopped', pid: null })]);
    expect(deltas()).toEqual([created, deleted]);
  });

  it('go on from the old one where an instance is deleted and made again', async (test) => {
    const { startPoll, instanceEvent, deltas } = await setUp(test);
    const poll = startPoll();
    instanceEvent({ type: 'instance_deleted', name: 'a', timestamp });
    instanceEvent({ type: 'instance_created', name: 'a', port: 3, status: 'stopped', timestamp });
    await poll.answer([instance('a')]);
    await startPoll().answer([instance('a', { port: 3, status: 'stopped', pid: null })]);
    expect(deltas().map(({ type }) => type)).toEqual(['instance_deleted', 'instance_created']);
  });

  it('keep a field that an event set, and take the others from the poll', async (test) => {
    const { startPoll, instanceEvent, deltas } = await setUp(test);
    const poll = startPoll();
    instanceEvent(stopped);
    await poll.answer([instance('a', { port: 99 })]);
    expect(deltas()).toMatchObject([
      stopped,
      { type: 'snapshot', instances: [{ name: 'a', status: 'stopped', pid: null, port: 99 }] },
    ]);
  });

  it('ignore events about what they do not know, and the creation of what they do', async (test) => {
    const { instanceEvent, deltas } = await setUp(test);
    for (const type of ['status_changed', 'instance_archived', 'instance_unarchived', 'instance_deleted'])
      instanceEvent({ type, name: 'nobody', status: 'running', pid: 1, timestamp });
    instanceEvent({ type: 'instance_created', name: 'a', port: 1, status: 'stopped', timestamp });
    expect(deltas()).toEqual([]);
  });

  it('take in one that they did not know when it comes back from the archive with all there is to know', async (test) => {
    const { instanceEvent, deltas } = await setUp(test);
    instanceEvent({
      type: 'instance_unarchived',
      ...{ name: 'b', status: 'stopped', port: 2, pid: null, archived_at: null, timestamp },
    });
    expect(deltas()).toEqual([
      { type: 'instance_created', name: 'b', port: 2, status: 'stopped', timestamp },
    ]);
  });

  it('take in no more of them than there is room for, however many events say so', async (test) => {
    const { instanceEvent, deltas, meter } = await setUp(test);
    for (let number = 0; number < 10_005; number += 1)
      instanceEvent({ type: 'instance_created', name: `n-${number}`, port: 1, status: 'stopped', timestamp });
    expect(deltas()).toHaveLength(10_000 - 1);
    expect(meter.value('bff_rejected_total', { edge: 'instance_event', reason: 'full' })).toBe(6);
  });

  it('refuse what is no event, and say why in words of their own', async (test) => {
    const { instances, instanceEvent, deltas, meter, log } = await setUp(test);
    const bad = [
      { type: 'status_changed', name: 'a', status: 7, pid: null },
      { type: 'status_changed', status: 'x' },
      { type: 'hello', name: 'a' },
      { type: 'status_changed', name: 'a', status: 'secret'.repeat(99), pid: null },
      [stopped],
      '"text"',
    ];
    for (const event of bad) instanceEvent(event);
    instances.onEvent(Buffer.from('{"secret'));
    instances.onEvent(Buffer.from(' '.repeat(1024 * 1024 + 1)));
    expect(deltas()).toEqual([]);
    const refused = (reason: string) => meter.value('bff_rejected_total', { edge: 'instance_event', reason });
    expect([refused('shape'), refused('malformed'), refused('too_large')]).toEqual([bad.length, 1, 1]);
    expect(JSON.stringify(log.entries)).not.toContain('secret');
  });
});

describe('An instance', () => {
  it.for(['__proto__', 'constructor', 'toString', '0', '..', 'mit Leerzeichen', 'é'])(
    'may be named %s',
    async (name, test) => {
      const { connectInstances, answer, instanceEvent, clock } = setUpStreams(test);
      const client = connectInstances();
      await answer([instance('a'), instance(name)]);
      const timestamp = '2026-02-20T01:23:45Z';
      const stopped = { type: 'status_changed', name, status: 'stopped', pid: null, timestamp };
      instanceEvent(stopped);
      clock.advance(1000);
      await answer([instance('a'), instance(name, { status: 'stopped', pid: null })]);
      clock.advance(1000);
      await answer([instance('a')]);
      expect(client.frames()).toMatchObject([
        { instances: [{ name: 'a' }, { name }] },
        stopped,
        { type: 'instance_deleted', name },
      ]);
    },
  );

  it.for(['7', '-1', '8389765489680951453'])(
    'may be named by the number %s, in polls and events',
    async (digits, test) => {
      const { connectInstances, answer, instanceEvent, clock } = setUpStreams(test);
      const client = connectInstances();
      const listed = (more = {}): string =>
        JSON.stringify([instance('a'), instance('NAME', more)]).replace('"NAME"', digits);
      await answer(listed());
      instanceEvent(`{"type":"status_changed","name":${digits},"status":"stopped","pid":null}`);
      clock.advance(1000);
      await answer(listed({ status: 'stopped', pid: null }));
      expect(client.frames()).toMatchObject([
        { instances: [{ name: 'a' }, { name: digits, pid: 7 }] },
        { type: 'status_changed', name: digits, status: 'stopped' },
      ]);
    },
  );
});
