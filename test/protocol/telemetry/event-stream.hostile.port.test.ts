import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { setUpViews } from '../../support/view-set-up.ts';
import { type TestScope, waitFor, within } from '../../support/wait.ts';

const path = '/api/stream/telemetry';
const requestFor = (target: string, headers: readonly string[] = []): string =>
  [`GET ${target} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');

/** A socket and all that came back over it. */
function open(test: TestScope, { port }: TestGateway, text: string): { socket: Socket; text(): string } {
  const socket = connect(port, '127.0.0.1');
  test.onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('error', () => {}).setEncoding('latin1');
  socket.on('data', (more) => {
    received += more;
  });
  socket.write(text, 'latin1');
  return { socket, text: () => received };
}

const clientsOf = async (gateway: TestGateway) =>
  (await gateway.metrics()).value('bff_clients', { dialect: 'telemetry' });

describe('Requests for a stream behind another on one socket', () => {
  it('are one client, as many as they are, and none once it closes', async (test) => {
    const { gateway, openStream } = await setUpViews(test, { settings: { MAX_CONNECTIONS: '3' } });
    const { socket, text } = open(test, gateway, requestFor(path).repeat(160));
    await waitFor('the first stream', () => text().includes('WELCOME'));
    // A place is left for others, whom they would stand in the way of.
    const other = await openStream();
    await other.next();
    expect(await clientsOf(gateway)).toBe(2);
    socket.destroy();
    await waitFor('its end', async () => (await clientsOf(gateway)) === 1);
    await other.stop();
    await waitFor('no client', async () => (await clientsOf(gateway)) === 0);
    for (let count = 0; count < 3; count += 1) await (await openStream()).next();
  });

  it('are served in their turn where what is before them ends', async (test) => {
    const { gateway } = await setUpViews(test);
    const { text } = open(
      test,
      gateway,
      requestFor('/livez') + requestFor('/api/telemetry') + requestFor(path),
    );
    await waitFor('the stream', () => text().includes('WELCOME'));
    expect(text().match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(await clientsOf(gateway)).toBe(1);
  });

  it('hold no place as readers of the history either', async (test) => {
    const { gateway, openStream } = await setUpViews(test, { settings: { MAX_CONNECTIONS: '2' } });
    const histories = requestFor('/api/telemetry/history').repeat(20);
    const { socket, text } = open(test, gateway, requestFor(path) + histories);
    await waitFor('the first stream', () => text().includes('WELCOME'));
    socket.destroy();
    await waitFor('its end', async () => (await clientsOf(gateway)) === 0);
    const two = [await openStream(), await openStream()];
    for (const stream of two) await within('a greeting', stream.next());
  });
});

/** Asks for the stream with these headers, and expects all there is. */
async function expectWhole(
  test: TestScope,
  gateway: TestGateway,
  target: string,
  headers: readonly string[],
): Promise<void> {
  const { text } = open(test, gateway, requestFor(target, headers));
  await waitFor('its first event', () => text().includes('WELCOME'), { state: text });
  expect(text()).toMatch(/^HTTP\/1\.1 200 /);
  expect(text()).toMatch(/"type":"WELCOME".*"data":\{/);
}

describe('A stream that is opened again', () => {
  it.for([
    ['garbage', ['Last-Event-ID: ;--)(*&^%$']],
    ['nothing', ['Last-Event-ID:']],
    ['8,000 characters', [`Last-Event-ID: ${'9'.repeat(8000)}`]],
    ['a long epoch', [`Last-Event-ID: ${'e'.repeat(2000)}-5`]],
    ['another epoch', ['Last-Event-ID: somebody-5']],
    ['a negative number', ['Last-Event-ID: -5']],
    ['a number that is none', ['Last-Event-ID: e-1e999']],
    ['a number far too large', [`Last-Event-ID: e-${'9'.repeat(90)}`]],
    ['bytes that are no UTF-8', ['Last-Event-ID: \xff\xfe\x80']],
    ['an escaped NUL', ['Last-Event-ID: %00\\u0000']],
    ['several', ['Last-Event-ID: a-1', 'Last-Event-ID: b-2']],
  ] as const)('with %s for the last event begins with the whole state', async ([_what, headers], test) => {
    const { gateway } = await setUpViews(test);
    for (const query of ['', '?mode=delta', '?mode=delta&since=x-1'])
      await expectWhole(test, gateway, `${path}${query}`, headers);
  });

  it('with a number of its own that is yet to come begins with the whole state', async (test) => {
    const { gateway, openStream } = await setUpViews(test);
    const { packet } = await (await openStream('?mode=delta')).next();
    const { seq, epoch } = packet.body;
    for (const number of [Number(seq) + 1000, '9'.repeat(15), `-${seq}`])
      await expectWhole(test, gateway, `${path}?mode=delta`, [`Last-Event-ID: ${epoch}-${number}`]);
  });
});
