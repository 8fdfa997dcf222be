import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MemoryEvents } from '../../src/source/events.ts';
import { example } from '../support/example-dialect.ts';
import { type StartOptions, startGateway } from '../support/gateway.ts';
import { connectSocketIo } from '../support/socket-io-client.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const path = '/example-io/';

async function setUp(test: TestScope, options: StartOptions = {}) {
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, engine: false, dialects: [example], ...options }));
  const url = `${gateway.url}${path}?EIO=4&transport=polling`;
  const rejected = async (reason: string) =>
    (await gateway.metrics()).value('bff_rejected_total', { edge: 'example', reason });
  const clients = async () => (await gateway.metrics()).value('bff_clients', { dialect: 'example' });

  /** A client that writes packets by hand. */
  const open = async ({ joins = true } = {}) => {
    const socket = new WebSocket(`${gateway.wsUrl}${path}?EIO=4&transport=websocket`);
    test.onTestFinished(() => socket.terminate());
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    const closed = once(socket, 'close').then(([code]) => code);
    await within('the connection', once(socket, 'open'));
    const hears = (what: string) =>
      waitFor(what, () => heard.some((text) => text.startsWith(what)), { state: () => heard });
    if (joins) {
      socket.send('40');
      await hears('42["welcome"');
    }
    /** It is there, and served in its turn. */
    const isAlive = async () => {
      const before = heard.filter((text) => text.startsWith('42["pong"')).length;
      socket.send('42["ping"]');
      await waitFor('a pong', () => heard.filter((text) => text.startsWith('42["pong"')).length > before);
    };
    return { socket, heard, hears, closed, isAlive };
  };

  /** The same by polling. */
  const openPolling = async () => {
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
    const poll = async () => (await fetch(`${url}&sid=${sid}`)).text();
    const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body });
    return { sid, poll, post };
  };
  return { gateway, events, open, openPolling, rejected, clients, url };
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
    for (const text of ['420["ping"]', '4299999999999999999999["ping"]', '430[1]', '437["x"]', '43', '42/,["ping"]'])
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

  it.each([
    ['a second CONNECT', ['40']],
    ['a second CONNECT with a namespace', ['40/,']],
    ['a ping of the client’s', ['2']],
    ['an unknown packet of engine.io', ['9']],
    ['nothing at all', ['']],
  ])('is disconnected for %s', async (_, said) => {
    await runTest(async (test) => {
      const { open, clients } = await setUp(test);
      const { socket, closed } = await open();
      for (const text of said) socket.send(text);
      await within('the end', closed);
      await waitFor('its session to end', async () => (await clients()) === 0);
    });
  });

  it.each([
    ['an event', ['42["ping"]']],
    ['a binary event', ['451-["ping"]']],
    ['bytes', [Buffer.from('x')]],
    ['a DISCONNECT', ['41']],
    ['nonsense', ['4']],
    ['a CONNECT that is none', ['40{']],
    ['two CONNECTs', ['40', '40']],
    ['many CONNECTs elsewhere', Array.from({ length: 20 }, (_, index) => `40/n${index},`)],
  ])('is disconnected for %s before it has joined', async (_, said) => {
    await runTest(async (test) => {
      const { open, clients } = await setUp(test);
      const { socket, closed } = await open({ joins: false });
      for (const text of said) socket.send(text);
      await within('the end', closed);
      await waitFor('no session', async () => (await clients()) === 0);
    });
  });

  it('is disconnected where it does not join in time', async (test) => {
    const { open, openPolling } = await setUp(test);
    const [socket, polling] = [await open({ joins: false }), await openPolling()];
    const ended = polling.poll();
    await within('the end', socket.closed);
    expect(await ended).toBe('1');
  });
});
