import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { setUpDiagnostics } from './set-up.ts';

function setUp(silentAfterMs = Number.POSITIVE_INFINITY) {
  const subject = setUpDiagnostics({ silentAfterMs });
  let count = 0;
  const happen = (times: number): void => {
    for (let index = 0; index < times; index += 1) {
      count += 1;
      subject.publish('graph_update', { update_type: 'entity_updated', entity_id: `${count}` });
    }
  };
  const seen = (client: ReturnType<typeof subject.connect>) =>
    client.all('graph_update').map(({ entity_id }) => Number(entity_id));
  const dropped = () => subject.states().map(({ messages_dropped }) => messages_dropped);
  return { ...subject, happen, seen, dropped };
}

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('A diagnostics client that does not read', () => {
  it('may lack 100 events and is still sent each of them', () => {
    const { connect, happen, seen, dropped } = setUp();
    const client = connect();
    client.transport.block();
    happen(100);
    expect(dropped()).toEqual([0]);
    client.transport.drain();
    expect(seen(client)).toEqual(upTo(100));
  });

  it('skips the oldest of more, which are counted while it does not read', () => {
    const { connect, happen, seen, dropped, meter } = setUp();
    const client = connect();
    client.transport.block();
    happen(137);
    expect(dropped()).toEqual([37]);
    expect(meter.value('bff_dropped_total', { dialect: 'diagnostics' })).toBe(37);
    client.transport.drain();
    expect(seen(client)).toEqual(upTo(137, 38));
    expect(dropped()).toEqual([37]);
    happen(1);
    expect(seen(client).at(-1)).toBe(138);
  });

  it('leaves a warning as its drops pass a multiple of 10, which is no event itself', () => {
    const { connect, happen, lines, clock } = setUp();
    const [slow, well] = [connect(), connect()];
    slow.transport.block();
    for (const events of [109, 3, 6, 11, 1]) {
      happen(events);
      clock.advance(500);
    }
    expect(lines('warn')).toEqual(
      [12, 29, 30].map((drops) => `Dropped ${drops} messages for slow client id-1`),
    );
    expect(well.all('log')).toEqual([]);
    slow.transport.end({ code: 1006 });
    expect(lines('info').at(-1)).toBe('WebSocket disconnected: id-1 (sent: 3, dropped: 30)');
  });

  it('holds nobody up, and costs nobody an event', () => {
    const { connect, happen, seen, dropped } = setUp();
    const clients = Array.from({ length: 5 }, () => connect());
    const [slow, ...others] = clients;
    slow?.transport.block();
    for (let turn = 1; turn <= 500; turn += 1) {
      happen(1);
      for (const other of others) expect(other.transport.sent.at(-1)).toContain(`"entity_id":"${turn}"`);
    }
    for (const other of others) expect(seen(other)).toEqual(upTo(500));
    expect(dropped()).toEqual([400, 0, 0, 0, 0]);
  });

  it('is never closed for it, however long it goes on, as long as it answers pings', () => {
    const { connect, happen, clock } = setUp(keepaliveDefaults.silentAfterMs);
    const client = connect();
    client.transport.block();
    for (let minute = 0; minute < 60; minute += 1) {
      happen(10);
      clock.advance(60_000);
      client.transport.hear(clock.monotonic());
    }
    expect(client.transport.closes).toEqual([]);
    client.transport.drain();
    expect(client.types().at(-1)).toBe('graph_update');
  });

  it('is closed as silent where it answers none', () => {
    const { connect, clock } = setUp(keepaliveDefaults.silentAfterMs);
    const client = connect();
    client.transport.block();
    clock.advance(74_000);
    expect(client.transport.terminated).toBe(false);
    clock.advance(2000);
    expect([client.transport.terminated, client.transport.closes]).toEqual([true, []]);
  });

  it('is given the newest figures, not those that it did not read', () => {
    const { connect, inputs, clock } = setUp();
    const client = connect();
    client.transport.block();
    for (let count = 1; count <= 10; count += 1) {
      inputs.engine = { ...inputs.engine, requestCount: count };
      clock.advance(5000);
    }
    client.transport.drain();
    expect(client.all('telemetry').map(({ request_count }) => request_count)).toEqual([0, 10]);
  });

  it('is not read from while 64 answers wait for it', () => {
    const { connect, clock } = setUp();
    const client = connect();
    client.transport.block();
    for (let count = 0; count < 40; count += 1) {
      clock.advance(100);
      client.say({ type: 'refresh' });
    }
    expect(client.transport.paused).toBe(true);
    client.transport.drain();
    expect(client.transport.paused).toBe(false);
  });
});
