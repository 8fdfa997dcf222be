import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { usualCloses } from '../../src/deliver/closes.ts';
import { Message } from '../../src/encode/message.ts';
import { defineDialect } from '../../src/protocol/dialect.ts';
import { defineEndpoint } from '../../src/serve/endpoint.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { example } from '../support/example-dialect.ts';
import { type StartOptions, startGateway } from '../support/gateway.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { openRawPolling, openRawSocketIo } from '../support/raw-socket-io.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const path = '/example-io/';
/** By which nobody is disconnected for having waited too long, unless by engine.io, after 45 s. */
const standing = createManualClock;
const soonMs = 20_000;

async function setUp(test: TestScope, options: StartOptions = {}) {
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, engine: false, dialects: [example], ...options }));
  const rejected = async (reason: string) =>
    (await gateway.metrics()).value('bff_rejected_total', { edge: 'example', reason });
  const clients = async () => (await gateway.metrics()).value('bff_clients', { dialect: 'example' });

  const open = async ({ joins = true } = {}) => {
    const client = await openRawSocketIo(test, gateway.url, path);
    const { socket, heard } = client;
    if (joins) {
      socket.send('40');
      await client.hears('42["welcome"');
    }
    const pongs = () => heard.filter((text) => text.startsWith('42["pong"')).length;
    /** It is there, and served in its turn. */
    const isAlive = async () => {
      const before = pongs();
      socket.send('42["ping"]');
      await waitFor('a pong', () => pongs() > before);
    };
    return { ...client, pongs, isAlive };
  };
  return {
    open,
    openPolling: (more = '') => openRawPolling(gateway.url, `${path}?x=1${more}`),
    /** A WebSocket that is to carry what polling does. */
    upgrade: (sid: string) => openRawSocketIo(test, gateway.url, `${path}?sid=${sid}`),
    rejected,
    clients,
    stop: () => gateway.stop(),
  };
}

describe('A Socket.IO client', () => {
  it('may say anything in an event, and is answered all the same', async (test) => {
    const { open, rejected } = await setUp(test);
    const { socket, isAlive } = await open();
    const unknown = ['disconnect', 'connect', 'connect_error', 'error', '__proto__', 'constructor', ''];
    for (const name of unknown) socket.send(`42${JSON.stringify([name, {}])}`);
    socket.send('42[7]');
    socket.send('42[]');
    await waitFor('them to be counted', async () => (await rejected('unknown')) === unknown.length + 2);
    for (const text of ['42["ping",{"__proto__":{}}]', '42["ping",{"constructor":1}]']) socket.send(text);
    expect(await waitFor('them to be counted', () => rejected('forbidden_key'))).toBe(2);
    for (const text of ['42{', '42', '42"ping"x', '42["ping"']) socket.send(text);
    await waitFor('them to be counted', async () => (await rejected('malformed')) === 4);
    await isAlive();
  });

  it('has its words read that no JSON has, and a key too many refused', async (test) => {
    const { open, rejected } = await setUp(test);
    const { socket, hears } = await open();
    socket.send('42["ping",{"hours":NaN}]');
    await hears('42["pong"');
    socket.send(`42["ping",${'['.repeat(100)}${']'.repeat(100)}]`);
    await waitFor('it to be counted', () => rejected('too_deep'));
  });

  it('is not acknowledged, and may acknowledge what it likes', async (test) => {
    const { open } = await setUp(test);
    const { socket, heard, isAlive } = await open();
    for (const text of [
      '420["ping"]',
      '4299999999999999999999["ping"]',
      '430[1]',
      '437["x"]',
      '43',
      '42/,["ping"]',
    ])
      socket.send(text);
    await isAlive();
    expect(heard.filter((text) => /^4[36]/.test(text))).toEqual([]);
    expect(heard.filter((text) => text.startsWith('42["pong"'))).toHaveLength(4);
  });

  it('is not heard in binary', async (test) => {
    const { open, rejected } = await setUp(test);
    const { socket, isAlive } = await open();
    socket.send('451-["ping",{"_placeholder":true,"num":0}]');
    socket.send(Buffer.from('bytes'));
    socket.send('461-0[{"_placeholder":true,"num":0}]');
    socket.send(Buffer.from('bytes'));
    socket.send(Buffer.from('on their own'));
    await waitFor('it to be counted', () => rejected('binary'));
    await isAlive();
    expect(await rejected('binary')).toBe(1);
  });

  it('is told of each other namespace that there is none', async (test) => {
    const { open } = await setUp(test);
    const { socket, hears, isAlive } = await open({ joins: false });
    socket.send('40/admin,');
    await hears('44/admin,{"message":"Invalid namespace"}');
    socket.send('40');
    await hears('42["welcome"');
    socket.send('40/more,{"token":"x"}');
    await hears('44/more,{"message":"Invalid namespace"}');
    await isAlive();
  });

  it.for<[string, readonly (string | Buffer)[]]>([
    ['a second CONNECT', ['40']],
    ['a second CONNECT with a namespace', ['40/,']],
    ['a ping of the client’s', ['2']],
    ['an unknown packet of engine.io', ['9']],
    ['nothing at all', ['']],
  ])('is disconnected for %s', async ([, said], test) => {
    const { open, clients } = await setUp(test);
    const { socket, closed } = await open();
    for (const text of said) socket.send(text);
    await within('the end', closed);
    await waitFor('its session to end', async () => (await clients()) === 0);
  });

  it.for<[string, readonly (string | Buffer)[]]>([
    ['an event', ['42["ping"]']],
    ['a binary event', ['451-["ping"]']],
    ['bytes', [Buffer.from('x')]],
    ['a DISCONNECT', ['41']],
    ['nonsense', ['4']],
    ['a CONNECT that is none', ['40{']],
    ['two CONNECTs', ['40', '40']],
    ['many CONNECTs elsewhere', Array.from({ length: 20 }, (_, index) => `40/n${index},`)],
    ['many packets of engine.io', Array.from({ length: 20 }, () => '6')],
    ['many pongs', Array.from({ length: 20 }, () => '3')],
  ])('is disconnected for %s before it has joined', async ([, said], test) => {
    const { open, clients } = await setUp(test, { clock: standing() });
    const { socket, closed } = await open({ joins: false });
    for (const text of said) socket.send(text);
    await within('the end', closed, soonMs);
    await waitFor('no session', async () => (await clients()) === 0);
  });

  it('is disconnected where it does not join in time', async (test) => {
    const clock = createManualClock();
    const { open } = await setUp(test, { clock });
    const { closed } = await open({ joins: false });
    clock.advance(10_000);
    await within('the end', closed);
  });

  it('is closed for a message over the largest size, and answered 413 for a body over it', async (test) => {
    const { open, openPolling, rejected } = await setUp(test);
    const [socket, polling] = [await open(), await openPolling()];
    socket.socket.send(`42["ping","${'x'.repeat(4096)}"]`);
    expect(await within('the end', socket.closed)).toBe(1009);
    await waitFor('it to be counted', () => rejected('oversize'));
    expect((await polling.post(`42["ping","${'x'.repeat(4096)}"]`)).status).toBe(413);
    await waitFor('it to be counted', async () => (await rejected('oversize')) === 2);
    await polling.post('40');
    expect(await polling.poll()).toMatch(/^40{"sid"/);
  });

  it('over its rate is refused, whatever it says, and disconnected for good when that lasts', async (test) => {
    const { open, rejected } = await setUp(test);
    for (const text of ['42["ping"]', '3', '430[]', '40/x,', '6', Buffer.from('x')]) {
      const { socket, heard, closed } = await open();
      const flood = setInterval(() => {
        for (let count = 0; count < 10 && socket.readyState === socket.OPEN; count += 1) socket.send(text);
      }, 50);
      test.onTestFinished(() => clearInterval(flood));
      await within('the end', closed);
      expect([text, ...heard.slice(-2)]).toEqual([
        text,
        '42["error",{"type":"error","reason":"rateLimited"}]',
        '41',
      ]);
      clearInterval(flood);
    }
    expect(await rejected('rate')).toBeGreaterThan(0);
  });

  it('may send any packets at all, and the gateway goes on', async (test) => {
    const { open } = await setUp(test);
    const other = await open();
    const type = fc.constantFrom(
      '',
      '0',
      '1',
      '2',
      '3',
      '4',
      '40',
      '41',
      '42',
      '43',
      '44',
      '451-',
      '46',
      '5',
      '6',
    );
    const text = fc
      .tuple(
        type,
        fc.oneof(fc.json(), fc.string(), fc.constantFrom('/x,', '/,', '[', '["ping"]', '{"sid":1}')),
      )
      .map((parts) => parts.join(''));
    const packets = fc.array(fc.oneof(text, fc.uint8Array({ maxLength: 20 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(packets, fc.boolean(), async (said, joins) => {
        const { socket } = await open({ joins });
        for (const packet of said) socket.send(packet);
        socket.close();
        await within('the end', once(socket, 'close'));
      }),
      { numRuns: 40 },
    );
    await other.isAlive();
  });

  it('is given no script in the place of a poll', async (test) => {
    const { openPolling } = await setUp(test);
    const { poll, post } = await openPolling('&j=0');
    await post('40');
    expect(await poll()).toMatch(/^40{"sid"/);
  });

  it('that pings too often is not answered', async (test) => {
    const { open } = await setUp(test);
    const { socket, pongs } = await open();
    const answered: string[] = [];
    socket.on('pong', (payload) => answered.push(String(payload)));
    socket.ping('first');
    await waitFor('its pong', () => answered.includes('first'));
    for (let count = 0; count < 100; count += 1) socket.ping('more');
    await waitFor('a message to be answered again', () => {
      socket.send('42["ping"]');
      return pongs() > 0;
    });
    expect(answered.length).toBeLessThan(50);
  });
});

describe('An upgrade of a Socket.IO client', () => {
  it('ends with the connection that it is of, as anybody else’s does', async (test) => {
    const { openPolling, upgrade } = await setUp(test);
    const { sid, post } = await openPolling();
    const probing = await upgrade(sid);
    probing.socket.send('2probe');
    await probing.hears('3probe');
    await post('1');
    await within('the end', probing.closed);
    await within('the end of one for nobody', expect(upgrade('nobody')).rejects.toThrow());
  });

  it('is probed once, and given up where the client does so again and again', async (test) => {
    const { openPolling, upgrade, rejected } = await setUp(test);
    const { sid, poll, post } = await openPolling();
    const { socket, heard, closed } = await upgrade(sid);
    for (let count = 0; count < 20; count += 1) socket.send('2probe');
    await within('the end', closed);
    expect(heard.length).toBeLessThan(3);
    expect(await rejected('protocol')).toBe(1);
    await post('40');
    expect(await poll()).toMatch(/40{"sid"/);
  });
});

describe('A gateway that shuts down', () => {
  it('waits for no client that has not joined, and ends its connection', async (test) => {
    const { open, openPolling, stop } = await setUp(test);
    const [socket, polling] = [await open({ joins: false }), await openPolling()];
    // It may come too late to be taken.
    const ended = polling.poll().catch(() => 'refused');
    await within('the stop', stop());
    await within('the end', socket.closed);
    expect(await within('the end', ended)).toMatch(/^[16r]/);
  });
});

describe('A Socket.IO client that has not joined', () => {
  it('is disconnected for many pings of its WebSocket', async (test) => {
    const { open } = await setUp(test, { clock: standing() });
    const { socket, closed } = await open({ joins: false });
    const answered: string[] = [];
    socket.on('pong', (payload) => answered.push(String(payload)));
    socket.ping('first');
    await waitFor('its pong', () => answered.includes('first'));
    for (let count = 0; count < 20; count += 1) socket.ping('more');
    await within('the end', closed, soonMs);
  });
});

describe('A Socket.IO client that reads no answers', () => {
  /** Clients that say as much as they like. */
  const talkative = defineDialect({
    ...{ name: 'talkative', settings: {} },
    create({ serve }) {
      const said = { type: 'said', padding: 'x'.repeat(20_000) };
      const kind = { summary: 'Is answered', schema: z.object({ type: z.literal('say') }) };
      const line = () => 'Talkative client';
      const endpoint = defineEndpoint({
        ...{ id: 'talkative', description: 'Answers', hears: { say: kind }, tells: { said: kind } },
        access: { roles: ['viewer'], defaultRole: 'viewer', authOff: true },
        ...{ closes: usualCloses, connectedLine: line, disconnectedLine: line },
        limits: { messages: { perSecond: 1e9, burst: 1e9, floodMs: 10_000 } },
        open: () => (session) => ({ receive: () => session.answer(new Message(said)) }),
      });
      serve.socketIo('/talkative/', endpoint);
      return {};
    },
  });

  it('is read no further by polling until it does', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false, dialects: [talkative] }));
    const { poll, post } = await openRawPolling(gateway.url, '/talkative/');
    await post('40');
    await poll();
    const [said, mayWait] = [100, 64];
    let taken = 0;
    const saying = (async () => {
      for (let count = 0; count < said; count += 1) {
        await post('42["say"]');
        taken += 1;
      }
    })();
    await waitFor('as many as may wait', () => taken >= mayWait);
    // A request of another kind is served in the meantime, and so would this one be.
    await gateway.metrics();
    expect(taken).toBe(mayWait);
    let answers = 0;
    while (answers < said) answers += (await poll()).split('42["said"').length - 1;
    await within('all that it said', saying);
  });

  it('is read no further by WebSocket until it does', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false, dialects: [talkative] }));
    const { socket, hears, heard } = await openRawSocketIo(test, gateway.url, '/talkative/');
    socket.send('40');
    await hears('40');
    socket.pause();
    // Beyond what the kernels’ buffers hold of what is said and of the answers.
    const unread = 1_000_000;
    const text = JSON.stringify(['say', 'x'.repeat(8000)]);
    let said = 0;
    await waitFor('it to be read no further', () => {
      const before = socket.bufferedAmount;
      for (let count = 0; before < 2 * unread && count < 50; count += 1, said += 1) socket.send(`42${text}`);
      return before > unread;
    });
    socket.resume();
    const answers = () => heard.filter((text) => text.startsWith('42["said"')).length;
    await waitFor('all answers', () => answers() === said, { state: () => [said, answers()] });
  });
});
