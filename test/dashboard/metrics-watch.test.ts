import { describe, expect, it } from 'vitest';
import { MetricsWatch } from '../../src/dashboard/metrics-watch.ts';
import {
  type MetricsKnowledge,
  type MetricsState,
  nothingKnown,
} from '../../src/dashboard/model/metrics-knowledge.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { faultEvent, figuresEvent, startMetricsStream } from '../support/metrics-stream.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const figures = { overview: { tasks: { total: 42 } } };
const comment = ': keepalive\n\n';

async function watchIn(test: TestScope, token?: string) {
  const stream = await useIn(test, startMetricsStream());
  const clock = createManualClock(Date.now());
  let known: MetricsKnowledge = nothingKnown;
  const tokens = { current: token };
  const watch = new MetricsWatch({
    fetch: (url, init) => fetch(new URL(url, stream.url), init),
    clock,
    tokenNow: () => tokens.current,
    onChange: (next) => {
      known = next;
    },
  });
  test.onTestFinished(() => watch.close());
  const becomes = async (state: MetricsState): Promise<MetricsKnowledge> => {
    await waitFor(`the state ${state}`, () => known.state === state, { state: () => known });
    return known;
  };
  watch.show({ hours: 24, interval: 2 });
  return { stream, clock, watch, tokens, becomes, known: () => known };
}

describe('The watch of metrics', () => {
  it('asks for a range at an interval, with the token of the page in a header', async (test) => {
    const { stream, becomes } = await watchIn(test, 'a.b.c');
    const viewer = await stream.nextViewer();
    expect(viewer).toMatchObject({
      url: '/api/stream/metrics?hours=24&interval=2',
      authorization: 'Bearer a.b.c',
    });
    viewer.send('retry: 2000\n\n');
    await becomes('waiting');
    viewer.send(figuresEvent(figures));
    expect(await becomes('live')).toMatchObject({ figures, staleSince: undefined });
  });

  it('says that the engine is away, and that it is back', async (test) => {
    const { stream, becomes } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures) + faultEvent({ error: 'HTTP 500' }));
    expect(await becomes('away')).toMatchObject({ figures, reason: 'HTTP 500' });
    viewer.send(figuresEvent(figures));
    await becomes('live');
  });

  it('calls figures the last known once no sign of life came for 20 s, until one does', async (test) => {
    const { stream, clock, becomes, known } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    await becomes('live');
    clock.advance(19_999);
    expect(known().state).toBe('live');
    clock.advance(1);
    expect(known()).toMatchObject({ state: 'silent', staleSince: clock.now() - 20_000 });
    viewer.send(comment);
    await becomes('live');
  });

  it('calls nothing live of before the machine slept, though timers and the monotonic clock slept too', async (test) => {
    const { stream, clock, becomes, known } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    await becomes('live');
    const before = clock.now();
    clock.setWall(before + 8 * 3_600_000);
    clock.advance(1000);
    expect(known()).toMatchObject({ state: 'lost', figures });
    clock.advance(5000);
    (await stream.nextViewer()).send(figuresEvent(figures));
    await becomes('live');
    // Set back, the wall clock says nothing.
    clock.setWall(before);
    clock.advance(20_000);
    expect(known().state).toBe('silent');
  });

  it('makes a stream anew that stays silent', async (test) => {
    const { stream, clock, becomes } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    await becomes('live');
    clock.advance(30_000);
    await becomes('lost');
    await waitFor('its end', () => viewer.isGone);
    clock.advance(5000);
    (await stream.nextViewer()).send(figuresEvent(figures));
    await becomes('live');
  });

  it('doubts what may be dead on another’s word, and makes it anew when that one is back', async (test) => {
    const { stream, watch, becomes, known } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    await becomes('live');
    watch.reassure();
    expect(known().state).toBe('live');
    watch.doubt();
    expect(known().state).toBe('silent');
    watch.reassure();
    expect(known()).toMatchObject({ state: 'connecting', figures });
    (await stream.nextViewer()).send(figuresEvent(figures));
    await becomes('live');
  });

  it('tries again and again where the stream is lost', async (test) => {
    const { stream, clock, becomes, known } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    await becomes('live');
    viewer.cut();
    expect(await becomes('lost')).toMatchObject({ figures });
    clock.advance(500);
    const before = known();
    (await stream.nextViewer()).cut();
    await waitFor('another loss', () => known() !== before && known().state === 'lost');
    clock.advance(5000);
    (await stream.nextViewer()).send(figuresEvent(figures));
    await becomes('live');
  });

  it('gives an answer ten seconds to begin', async (test) => {
    const { stream, clock, becomes } = await watchIn(test);
    await stream.nextViewer();
    clock.advance(10_000);
    expect(await becomes('lost')).toMatchObject({ reason: 'no answer in 10 s' });
  });

  it.for([
    [401, 'unauthorized'],
    [403, 'refused'],
    [404, 'missing'],
  ] as const)('says what %i means, and asks again a minute later', async ([status, state], test) => {
    const { stream, clock, becomes } = await watchIn(test);
    (await stream.nextViewer()).refuse(status, { detail: 'why' });
    expect(await becomes(state)).toMatchObject({ reason: `HTTP ${status}: why` });
    clock.advance(59_999);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    (await stream.nextViewer()).send(figuresEvent(figures));
    await becomes('live');
  });

  it('asks again at once with another token', async (test) => {
    const { stream, watch, tokens, becomes } = await watchIn(test);
    (await stream.nextViewer()).refuse(401, { code: 'UNAUTHENTICATED' });
    await becomes('unauthorized');
    tokens.current = 'd.e.f';
    watch.renew();
    const viewer = await stream.nextViewer();
    expect(viewer.authorization).toBe('Bearer d.e.f');
  });

  it('waits as long as a full gateway asks it to', async (test) => {
    const { stream, clock, becomes } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.refuse(503, { code: 'LIMIT', detail: 'full' }, { 'retry-after': '30' });
    expect(await becomes('lost')).toMatchObject({ reason: 'HTTP 503: LIMIT: full' });
    clock.advance(29_999);
    expect(clock.timers).toBe(1);
    expect(stream.viewers).toHaveLength(1);
    clock.advance(1);
    await stream.nextViewer();
  });

  it('keeps the figures for another interval, and forgets them for another range', async (test) => {
    const { stream, watch, becomes, known } = await watchIn(test);
    const first = await stream.nextViewer();
    first.send(figuresEvent(figures));
    await becomes('live');
    watch.show({ hours: 24, interval: 10 });
    expect(known()).toMatchObject({ state: 'connecting', figures });
    await waitFor('the end of the first', () => first.isGone);
    expect((await stream.nextViewer()).url).toBe('/api/stream/metrics?hours=24&interval=10');
    watch.show({ hours: 1, interval: 10 });
    expect(known()).toEqual(nothingKnown);
    expect((await stream.nextViewer()).url).toBe('/api/stream/metrics?hours=1&interval=10');
  });

  it('has no stream while nobody looks, and shows nothing of before as live', async (test) => {
    const { stream, watch, becomes, known, clock } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    await becomes('live');
    watch.pause();
    await waitFor('its end', () => viewer.isGone);
    expect(known()).toMatchObject({ state: 'connecting', figures, staleSince: clock.now() });
    watch.renew();
    watch.show({ hours: 24, interval: 5 });
    clock.advance(3_600_000);
    expect(clock.timers).toBe(0);
    watch.resume();
    expect(known().state).toBe('connecting');
    (await stream.nextViewer()).send(figuresEvent(figures));
    await becomes('live');
    expect(stream.viewers).toHaveLength(2);
  });

  it('tells nothing any more once it is closed', async (test) => {
    const { stream, watch, becomes, known } = await watchIn(test);
    const viewer = await stream.nextViewer();
    viewer.send(figuresEvent(figures));
    const last = await becomes('live');
    watch.close();
    await waitFor('its end', () => viewer.isGone);
    expect(known()).toBe(last);
  });
});
