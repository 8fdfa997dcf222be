import { describe, expect, it } from 'vitest';
import { valueAt } from '../../../support/client.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { expectWhole, visit } from '../../../support/visit.ts';

describe.concurrent('A client that comes back with since', () => {
  it('gets the whole document where the history no longer has its version', async (test) => {
    const scene = await setUpViews(test, { settings: { HISTORY_SECONDS: '0' } });
    const held = await visit(scene, '?mode=delta', 11);
    scene.publish({ market: { price: 12 } });
    const client = await scene.connect(`?mode=delta&since=${held.since}`);
    expectWhole(await client.nextOf('WELCOME'));
  });

  it('gets the whole document where a null stands in the way of a patch', async (test) => {
    const scene = await setUpViews(test);
    const held = await visit(scene, '?mode=delta', 11);
    scene.publish({ market: { alpha: null } });
    const client = await scene.connect(`?mode=delta&since=${held.since}`);
    const welcome = await client.nextOf('WELCOME');
    expectWhole(welcome);
    expect(valueAt(welcome.data, 'market', 'alpha')).toBe(null);
  });

  it('resumes a stream by Last-Event-ID, which wins over the URL', async (test) => {
    const scene = await setUpViews(test);
    const first = await scene.openStream('?mode=delta');
    scene.publish({ market: { price: 21 } });
    const { id, packet } = await first.next(({ text }) => text.includes('"price":21'));
    const [epoch, seq] = id.split('-');
    expect([epoch, Number(seq)]).toEqual([first.packets[0]?.body.epoch, packet.seq]);
    await first.stop();
    scene.publish({ market: { price: 22 } });
    const url = `?mode=delta&since=${epoch}-1`;
    const again = await scene.openStream(url, { 'last-event-id': id });
    const welcome = await again.next();
    expect(welcome.packet.body).toMatchObject({ base: packet.seq, patch: { market: { price: 22 } } });
    const strange = await scene.openStream('?mode=delta', { 'last-event-id': 'from another server' });
    expectWhole((await strange.next()).packet);
  });
});
