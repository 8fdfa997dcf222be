import { describe, expect, it } from 'vitest';
import { setUpClients } from './client-set-up.ts';

const granted = { mode: 'full', encoding: 'json', interval: 0, role: 'viewer', commands: false };

describe('SUBSCRIBE', () => {
  it('is answered with ACK, then with the whole state, and only then with news', (test) => {
    const { connect, change } = setUpClients(test);
    const client = connect();
    client.say({ type: 'SUBSCRIBE', mode: 'delta', requestId: 'r1' });
    change();
    const [welcome, ack, telemetry, delta] = client.packets();
    expect(client.types()).toEqual(['WELCOME', 'ACK', 'TELEMETRY', 'DELTA']);
    expect(welcome?.granted).toEqual(granted);
    expect(ack).toEqual({
      type: 'ACK',
      command: 'SUBSCRIBE',
      requestId: 'r1',
      granted: { ...granted, mode: 'delta' },
    });
    expect(telemetry?.data).toEqual(welcome?.data);
    expect(telemetry).not.toHaveProperty('epoch');
    expect(delta).toMatchObject({ base: telemetry?.seq });
  });

  it('is atomic also while the client does not read: the old view ends, and nothing comes between', (test) => {
    const { connect, change } = setUpClients(test);
    const client = connect();
    client.transport.block();
    change();
    client.say({ type: 'SUBSCRIBE', sections: ['market'] });
    change();
    client.transport.drain();
    const { faults, document } = client.read();
    expect(client.types().slice(0, 3)).toEqual(['WELCOME', 'ACK', 'TELEMETRY']);
    expect(faults).toEqual([]);
    expect(document).toMatchObject({ market: { price: 2 } });
    expect(document).not.toHaveProperty('portfolio');
  });

  it('keeps the options it does not name, and null takes one back', (test) => {
    const { connect } = setUpClients(test);
    const client = connect();
    client.say({ type: 'SUBSCRIBE', mode: 'delta', sections: 'market, logs,market', interval: 70 });
    client.say({ type: 'SUBSCRIBE', encoding: 'json' });
    const after = { ...granted, mode: 'delta', interval: 100, sections: ['logs', 'market'] };
    expect(client.packets().flatMap(({ granted: now }) => (now === undefined ? [] : [now]))).toEqual([
      granted,
      after,
      after,
    ]);
    client.say({ type: 'SUBSCRIBE', sections: null, interval: 0 });
    expect(client.packets().at(-2)).toMatchObject({ type: 'ACK', granted: { ...granted, mode: 'delta' } });
    expect(client.last().data).toHaveProperty('portfolio');
  });

  it('keeps a section that has left the document since', (test) => {
    const { connect, change } = setUpClients(test);
    change({ risk: { var: 1 } });
    const client = connect();
    client.say({ type: 'SUBSCRIBE', sections: ['risk'] });
    change({ risk: null });
    client.say({ type: 'SUBSCRIBE', mode: 'delta' });
    expect(client.types().slice(-2)).toEqual(['ACK', 'TELEMETRY']);
  });

  it('answers in the encoding it asked for', (test) => {
    const { connect } = setUpClients(test);
    const client = connect();
    client.say({ type: 'SUBSCRIBE', encoding: 'msgpack' });
    expect(client.transport.messages.map(({ isBinary }) => isBinary)).toEqual([false, true, true]);
    expect(client.types()).toEqual(['WELCOME', 'ACK', 'TELEMETRY']);
  });

  it('names the epoch where the view has another one', (test) => {
    const { connect, feed } = setUpClients(test);
    const client = connect();
    client.say({ type: 'SUBSCRIBE', sections: ['market'] });
    const { epoch } = client.last();
    expect(epoch).toMatch(new RegExp(`^${feed.epoch}\\.`));
    client.say({ type: 'SUBSCRIBE', sections: null });
    expect(client.last().epoch).toBe(feed.epoch);
  });

  it.each([
    ['mode', { mode: 'partial' }],
    ['encoding', { encoding: 'xml' }],
    ['interval', { interval: -1 }],
    ['interval', { interval: 60_001 }],
    ['sections', { sections: ['nowhere'] }],
    ['sections', { sections: 'toString' }],
    ['sections', { sections: [] as string[] }],
    ['symbol', { sections: ['market'], mode: 'delta', symbol: 5 }],
    ['symbol', { symbol: 'spy' }],
    ['symbol', { symbol: 'A&limit=1' }],
    ['since', { since: 'e-1' }],
    ['modes', { modes: 'delta' }],
    ['mode', { mod: 'delta' }],
    ['requestId', { request_id: 'x' }],
  ])('is refused as a whole for %s, naming it: %j', (option, options) => {
    const finished: (() => void | Promise<void>)[] = [];
    const { connect, change } = setUpClients({ onTestFinished: (task) => void finished.push(task) });
    const client = connect();
    client.say({ type: 'SUBSCRIBE', requestId: 'r', interval: 1000, ...options });
    expect(client.last()).toEqual({
      type: 'ERROR',
      command: 'SUBSCRIBE',
      requestId: 'r',
      code: 'BAD_OPTION',
      message: expect.stringContaining(option),
    });
    change();
    expect(client.types()).toEqual(['WELCOME', 'ERROR', 'TELEMETRY']);
    for (const finish of finished) void finish();
  });

  it('is refused with LIMIT where no view is left, and leaves the old one in force', (test) => {
    const { connect, change } = setUpClients(test, { maxRenditions: 2, settings: { MAX_SYMBOLS: 1 } });
    const [client, other] = [connect(), connect()];
    other.say({ type: 'SUBSCRIBE', interval: 50 });
    client.say({ type: 'SUBSCRIBE', interval: 100 });
    expect(client.last()).toMatchObject({
      code: 'LIMIT',
      message: expect.stringContaining('MAX_RENDITIONS'),
    });
    change();
    expect(client.types()).toEqual(['WELCOME', 'ERROR', 'TELEMETRY']);
    client.say({ type: 'SUBSCRIBE', interval: 50 });
    expect(client.types().slice(-2)).toEqual(['ACK', 'TELEMETRY']);
  });

  it('is refused with LIMIT where no symbol is left', (test) => {
    const { connect } = setUpClients(test, { settings: { MAX_SYMBOLS: 1 } });
    const client = connect();
    client.say({ type: 'SUBSCRIBE', symbol: 'AAPL' });
    client.say({ type: 'SUBSCRIBE', symbol: 'MSFT' });
    expect(client.last()).toMatchObject({ code: 'LIMIT', message: expect.stringContaining('MAX_SYMBOLS') });
  });

  it('gives back the view that was left, and at the end the last one', (test) => {
    const { connect, renditions } = setUpClients(test);
    const client = connect();
    for (const interval of [50, 100, 250]) client.say({ type: 'SUBSCRIBE', interval });
    expect(renditions()).toBe(2);
    client.transport.end();
    expect(renditions()).toBe(1);
  });

  it('lets no client that reads nothing gather whole states here', (test) => {
    const { connect } = setUpClients(test);
    const client = connect();
    client.transport.block();
    for (let count = 0; count < 20; count += 1) {
      client.say({ type: 'SUBSCRIBE', sections: count % 2 === 0 ? ['market'] : ['market', 'logs'] });
    }
    client.transport.drain();
    expect(client.types().filter((type) => type === 'ACK')).toHaveLength(20);
    // Its memory here never exceeds one packet beyond the socket's own buffer.
    expect(client.types().filter((type) => type === 'TELEMETRY').length).toBeLessThanOrEqual(2);
  });
});
