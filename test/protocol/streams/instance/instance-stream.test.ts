import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { TestScope } from '../../../support/wait.ts';
import { settled } from '../../../support/wait.ts';
import { instance, setUpStreams } from '../set-up.ts';

const timestamp = '2026-02-20T01:23:45Z';
const archivedAt = '2026-01-31T00:00:00.000Z';

async function setUp(test: TestScope, first: readonly JsonObject[] = [instance('a')]) {
  const subject = setUpStreams(test);
  const hides = subject.connectInstances();
  const shows = subject.connectInstances();
  shows.say({ type: 'set_include_archived', value: true });
  await subject.answer(first);
  const skip = { hides: hides.frames().length, shows: shows.frames().length };
  return {
    ...subject,
    hides,
    shows,
    /** What each of both was sent since the first snapshot. */
    news: () => ({ hides: hides.frames().slice(skip.hides), shows: shows.frames().slice(skip.shows) }),
    /** The next poll says this. */
    async poll(list: readonly JsonObject[]) {
      subject.clock.advance(1000);
      await subject.answer(list);
    },
  };
}

describe('Instance stream', () => {
  it('begins with a snapshot of exactly the documented fields, of either shape that engines answer in', async (test) => {
    const { shows, hides } = await setUp(test, [
      instance('a', { secret: 'x', env: { token: 'y' } }),
      instance('b', { archived_at: archivedAt }),
    ]);
    const [a, b] = [instance('a'), instance('b', { archived_at: archivedAt })];
    expect(hides.frames()).toEqual([{ type: 'snapshot', instances: [a], include_archived: false }]);
    expect(shows.frames()).toEqual([{ type: 'snapshot', instances: [a, b], include_archived: true }]);

    const other = setUpStreams(test);
    const client = other.connectInstances();
    await other.answer({ instances: [instance('c')] });
    expect(client.frames()).toEqual([
      { type: 'snapshot', instances: [instance('c')], include_archived: false },
    ]);
  });

  it.for([
    ['2026-01-31T02:00:00.5+02:00', '2026-01-31T00:00:00.5Z'],
    [1_769_817_600_000, '2026-01-31T00:00:00.000Z'],
    ['long ago', 'long ago'],
  ] as const)('words the time of archiving in UTC: %s', async ([archived_at, shown], test) => {
    const { shows, poll, news, instanceEvent } = await setUp(test, [instance('a', { archived_at })]);
    expect(shows.frames().at(-1)).toMatchObject({ instances: [{ name: 'a', archived_at: shown }] });
    instanceEvent({ type: 'instance_archived', name: 'a', archived_at });
    await poll([instance('a', { archived_at })]);
    expect(news().shows).toEqual([]);
  });

  it.for([
    ['2026-01-31T02:00:00.123456+02:00', '2026-01-31T00:00:00.123456Z'],
    ['2026-01-31T02:00:00', '2026-01-31T02:00:00Z'],
    [1_769_817_600, '2026-01-31T00:00:00Z'],
  ] as const)('words the time of an event in UTC: %s', async ([time, shown], test) => {
    const { news, instanceEvent } = await setUp(test);
    instanceEvent({ type: 'status_changed', name: 'a', status: 'stopped', timestamp: time });
    expect(news().hides).toMatchObject([{ status: 'stopped', timestamp: shown }]);
  });

  it('tells a change of status or pid, once, whichever way it came first', async (test) => {
    const { instanceEvent, poll, news } = await setUp(test);
    const stopped = { type: 'status_changed', name: 'a', status: 'stopped', pid: null, timestamp };
    instanceEvent(stopped);
    instanceEvent(stopped);
    await poll([instance('a', { status: 'stopped', pid: null })]);
    expect(news().hides).toEqual([stopped]);
    await poll([instance('a', { pid: 8 })]);
    instanceEvent({ type: 'status_changed', name: 'a', status: 'running', pid: 8, timestamp });
    const polled = {
      type: 'status_changed',
      name: 'a',
      status: 'running',
      pid: 8,
      timestamp: expect.any(String),
    };
    expect(news()).toEqual({ hides: [stopped, polled], shows: [stopped, polled] });
  });

  it('tells of creation, archiving, return and deletion, to each what concerns it', async (test) => {
    const { instanceEvent, news } = await setUp(test);
    const created = { type: 'instance_created', name: 'b', port: 2, status: 'stopped', timestamp };
    const archived = { type: 'instance_archived', name: 'b', timestamp };
    const whileArchived = { type: 'status_changed', name: 'b', status: 'failed', pid: null, timestamp };
    const back = {
      ...{ type: 'instance_unarchived', name: 'b', port: 2, status: 'stopped', pid: null },
      ...{ archived_at: null, timestamp },
    };
    const itsStatus = { type: 'status_changed', name: 'b', status: 'stopped', pid: null, timestamp };
    const deleted = { type: 'instance_deleted', name: 'b', timestamp };
    for (const event of [created, archived, whileArchived, back, deleted]) instanceEvent(event);
    expect(news()).toEqual({
      hides: [created, archived, back, itsStatus, deleted],
      shows: [created, archived, whileArchived, back, deleted],
    });
  });

  it('tells polled changes in the same words', async (test) => {
    const { poll, news } = await setUp(test, [instance('a'), instance('b', { archived_at: archivedAt })]);
    await poll([instance('a', { archived_at: archivedAt }), instance('c', { pid: null, status: 'stopped' })]);
    const at = '2026-01-01T00:00:01.000Z';
    const [left, archived] = [
      { type: 'instance_deleted', name: 'b', timestamp: at },
      { type: 'instance_archived', name: 'a', timestamp: at },
    ];
    const created = { type: 'instance_created', name: 'c', port: 18_801, status: 'stopped', timestamp: at };
    expect(news()).toEqual({ hides: [archived, created], shows: [left, archived, created] });
  });

  it('sends a snapshot for what no delta can carry, to those whom it concerns', async (test) => {
    const { poll, news } = await setUp(test, [instance('a'), instance('b', { archived_at: archivedAt })]);
    await poll([instance('a', { port: 5 }), instance('b', { archived_at: archivedAt })]);
    await poll([instance('a', { port: 5 }), instance('b', { archived_at: archivedAt, port: 6 })]);
    const { hides, shows } = news();
    expect(hides).toEqual([
      { type: 'snapshot', instances: [instance('a', { port: 5 })], include_archived: false },
    ]);
    expect(shows.map(({ instances }) => instances)).toEqual([
      [instance('a', { port: 5 }), instance('b', { archived_at: archivedAt })],
      [instance('a', { port: 5 }), instance('b', { archived_at: archivedAt, port: 6 })],
    ]);
  });

  it("takes over the engine's own time of archiving without a word", async (test) => {
    const { instanceEvent, poll, news, connectInstances } = await setUp(test);
    instanceEvent({ type: 'instance_archived', name: 'a', timestamp });
    await poll([instance('a', { archived_at: archivedAt })]);
    expect(news().shows).toHaveLength(1);
    const later = connectInstances();
    later.say({ type: 'set_include_archived', value: true });
    await settled();
    expect(later.frames()).toMatchObject([{ instances: [{ archived_at: archivedAt }] }]);
  });

  it('answers each choice with a snapshot, and filters from there on', async (test) => {
    const { hides, instanceEvent } = await setUp(test);
    instanceEvent({ type: 'instance_archived', name: 'a', timestamp });
    for (const value of [true, true, false]) hides.say({ type: 'set_include_archived', value });
    const choices = hides.frames().slice(2);
    expect(choices.map((frame) => frame.include_archived)).toEqual([true, true, false]);
    expect(choices.map(({ instances }) => instances)).toMatchObject([[{ name: 'a' }], [{ name: 'a' }], []]);
    instanceEvent({ type: 'status_changed', name: 'a', status: 'failed', pid: null, timestamp });
    expect(hides.frames()).toHaveLength(5);
  });

  it('gives a client that fell too far behind one snapshot, and then only what is newer', async (test) => {
    const { hides, instanceEvent, clock } = await setUp(test);
    const change = (pid: number) =>
      instanceEvent({ type: 'status_changed', name: 'a', status: 'running', pid, timestamp });
    hides.transport.block();
    for (let pid = 100; pid < 100 + 256; pid += 1) change(pid);
    hides.transport.drain();
    expect(hides.types().slice(1)).toEqual(Array.from({ length: 256 }, () => 'status_changed'));
    hides.transport.block();
    for (let pid = 1000; pid < 1000 + 257; pid += 1) change(pid);
    hides.transport.drain();
    clock.advance(500);
    change(5000);
    const since = hides.frames().slice(257);
    expect(since).toMatchObject([
      { type: 'snapshot', instances: [{ name: 'a', pid: 1256 }] },
      { type: 'status_changed', pid: 5000 },
    ]);
  });
});
