import { describe, expect, it } from 'vitest';
import type { Version } from '../../src/feed/history.ts';
import { Projection } from '../../src/feed/projection.ts';
import { Snapshots } from '../../src/serve/snapshots.ts';
import { newStateFeed } from '../support/feeds.ts';

function setUp(padding = 'x'.repeat(2000)) {
  const feed = newStateFeed({ time: 0, a: { n: 1 }, padding });
  const made = { count: 0 };
  class CountedProjection extends Projection {
    override of(version: Version) {
      made.count += 1;
      return super.of(version);
    }
  }
  const snapshots = new Snapshots();
  return {
    made,
    show: () => new CountedProjection(feed),
    set(more: Record<string, number | string>) {
      feed.stage({ ...feed.current.document, ...more });
      feed.commit();
    },
    ask: (projection: Projection, headers: Record<string, string> = {}) =>
      snapshots.answer(new Request('http://gateway/', { headers }), projection),
    narrow: (...sections: string[]) =>
      new CountedProjection(feed, sections, { always: ['time'], unremarkable: ['time'] }),
  };
}

describe('Snapshots', () => {
  it('are made once for each version, however many ask in whatever form', async () => {
    const { made, ask, show, set } = setUp();
    for (let count = 0; count < 5; count += 1) {
      await ask(show());
      await ask(show(), { 'accept-encoding': 'gzip' });
    }
    expect(made.count).toBe(1);
    set({ b: 1 });
    expect(await (await ask(show())).json()).toMatchObject({ b: 1 });
    expect(made.count).toBe(2);
  });

  it('are as new as the document, also where only that changed which is no change', async () => {
    const { ask, narrow, set } = setUp();
    const first = await ask(narrow('a'));
    set({ time: 1 });
    const second = await ask(narrow('a'));
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(await second.json()).toEqual({ time: 1, a: { n: 1 } });
  });

  it('are compressed, unless the request came with cookies', async () => {
    const { ask, show } = setUp();
    const coding = async (headers: Record<string, string>) =>
      (await ask(show(), { 'accept-encoding': 'gzip', ...headers })).headers.get('content-encoding');
    expect(await coding({})).toBe('gzip');
    expect(await coding({ cookie: 'token=x' })).toBeNull();
  });

  it('are kept within bytes: those made first are made again', async () => {
    const { ask, narrow, made } = setUp('x'.repeat(1_500_000));
    const projections = ['a', 'b', 'c'].map((section) => narrow('padding', section));
    for (const projection of projections) await ask(projection);
    expect(made.count).toBe(3);
    const [first = narrow(), , last = narrow()] = projections;
    await ask(last);
    expect(made.count).toBe(3);
    await ask(first);
    expect(made.count).toBe(4);
  });
});
