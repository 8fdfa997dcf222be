import { describe, expect, it } from 'vitest';
import { setUpClients } from '../client-set-up.ts';

const delta = { mode: 'delta' } as const;

describe('Views', () => {
  it('share one rendition among clients with the same options, and close it with the last', (test) => {
    const { views, connect, renditions } = setUpClients(test);
    const clients = [connect({ ...delta, interval: 100 }), connect({ ...delta, interval: 100 })];
    expect(renditions()).toBe(2);
    connect(delta);
    expect(renditions()).toBe(3);
    for (const { transport } of clients) transport.end();
    expect(renditions()).toBe(2);
    const again = views.acquire(
      { mode: 'delta', encoding: 'json', interval: 0, sections: undefined, symbol: undefined },
      undefined,
    );
    expect(again).toBeTypeOf('object');
    expect(renditions()).toBe(2);
  });

  it('render each update once for all clients of a view', (test) => {
    const { connect, change, meter } = setUpClients(test);
    for (let count = 0; count < 50; count += 1) connect();
    const before = meter.observations('bff_encode_seconds');
    change();
    expect(meter.observations('bff_encode_seconds')).toBe(before + 1);
  });

  it('greet every client of a version and a role with the same frame', (test) => {
    const { connect, change } = setUpClients(test);
    const frames = [connect(), connect()].map(({ transport }) => transport.messages[0]);
    expect(frames[0]).toBe(frames[1]);
    change();
    expect(connect().transport.messages[0]).not.toBe(frames[0]);
  });

  it('repeat the packet of a client that asked for nothing after 5 s, and of no other', async (test) => {
    const { connect, clock, freshen } = setUpClients(test);
    await freshen();
    const clients = [
      connect(),
      connect({ interval: 100 }),
      connect({ interval: 'pause' }),
      connect({ sections: ['market'] }),
      connect(delta),
    ];
    clock.advance(5500);
    expect(clients.map(({ types }) => types().join())).toEqual([
      'WELCOME,TELEMETRY',
      'WELCOME',
      'WELCOME',
      'WELCOME',
      'WELCOME',
    ]);
  });

  it('send a client of some sections nothing when only others moved', (test) => {
    const { connect, event, clock } = setUpClients(test);
    // Nobody polls here: that events keep this figure current is known before.
    event({ agents: { A: { latency_ms: 0 } } });
    const client = connect({ sections: ['market'] });
    event({ agents: { A: { latency_ms: 1 } }, timestamp: '2026-06-02T00:00:00.000Z' });
    clock.advance(60);
    expect(client.types()).toEqual(['WELCOME']);
    event({ status: 'HALT' });
    expect(client.last()).toMatchObject({ type: 'TELEMETRY', data: { status: 'HALT' } });
    expect(Object.keys(client.read().document)).toEqual(['timestamp', 'status', 'sources', 'market']);
  });
});

describe('WELCOME since a position', () => {
  /** A client that was here, what it held, and where that was. */
  function returning(test: Parameters<typeof setUpClients>[0], wanted = {}) {
    const subject = setUpClients(test);
    const client = subject.connect({ ...delta, ...wanted });
    subject.change();
    const { seq, document } = client.read();
    const epoch = String(client.packets()[0]?.epoch);
    client.transport.end();
    return { ...subject, held: document, since: { epoch, seq } };
  }

  it('tells what changed, and makes the newest document of the one that was held', (test) => {
    const { connect, change, since, held, feed } = returning(test);
    for (let count = 0; count < 3; count += 1) change();
    const client = connect(delta, since);
    const { base, patch, data, seq } = client.last();
    expect({ base, patch, data, seq }).toEqual({
      base: since.seq,
      patch: { market: { price: 4 } },
      data: undefined,
      seq: feed.current.seq,
    });
    expect({ ...held, market: { ...Object(held.market), price: 4 } }).toEqual(feed.current.document);
    change();
    expect(client.last()).toMatchObject({ type: 'DELTA', base: seq });
  });

  it('has an empty patch where nothing changed', (test) => {
    const { connect, since } = returning(test);
    expect(connect(delta, since).last()).toMatchObject({
      type: 'WELCOME',
      base: since.seq,
      seq: since.seq,
      patch: {},
    });
  });

  it.for([
    ['of another life of the feed', {}, (since: { seq: number }) => ({ ...since, epoch: 'another' })],
    ['of other sections', { sections: ['market', 'portfolio'] }, undefined],
    ['of the future', {}, (since: { epoch: string; seq: number }) => ({ ...since, seq: since.seq + 100 })],
    ['before all', {}, (since: { epoch: string; seq: number }) => ({ ...since, seq: 0 })],
    ['in full mode', { mode: 'full' }, undefined],
  ] as const)('has the whole document for a position %s', ([, wanted, move], test) => {
    const { connect, since, change } = returning(test);
    change();
    const { data, base } = connect({ ...delta, ...Object(wanted) }, move?.(since) ?? since).last();
    expect(data).toMatchObject({ market: { price: 2 } });
    expect(base).toBeUndefined();
  });

  it('has the whole document once the history is over', (test) => {
    const { connect, since, change, clock } = returning(test);
    clock.advance(601_000);
    change();
    expect(connect(delta, since).last()).toHaveProperty('data');
  });

  it('has the whole document where the changes are no smaller, or no patch can tell them', (test) => {
    const { connect, since, change } = returning(test);
    change({ market: { price: null } });
    expect(connect(delta, since).last()).toHaveProperty('data');
    change({ market: { price: 1 }, note: 'y'.repeat(20_000) });
    expect(connect(delta, since).last()).toHaveProperty('data');
  });

  it('resumes a narrowed view on its own positions', (test) => {
    const { connect, since, change, event } = returning(test, { sections: ['market', 'note'] });
    event({ agents: { A: { x: 1 } } });
    const client = connect({ ...delta, sections: ['market', 'note'] }, since);
    const { base, seq, patch } = client.last();
    expect(base).toBe(since.seq);
    expect(Object.keys(Object(patch)).filter((key) => key !== 'timestamp')).toEqual(['sources']);
    change();
    expect(client.last()).toMatchObject({ type: 'DELTA', base: seq });
  });
});
