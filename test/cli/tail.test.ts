import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printUpdates, tail } from '../../src/cli/tail.ts';
import { readTailArguments } from '../../src/cli/tail-arguments.ts';
import { connectToFake, initialOf, sourcesOf } from '../client/fake-gateway.ts';
import { nowhere, startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';

interface SomeDocument {
  readonly sources: { readonly state: { readonly status: string } };
}

async function runOnce(url: string, ...more: string[]) {
  const read = readTailArguments([url, '--once', ...more], {});
  if (typeof read === 'string') throw new Error(read);
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await tail(read, {
    print: (text) => printed.push(text),
    complain: (text) => complaints.push(text),
    colour: false,
  });
  return { code, printed, complaints };
}

describe('tail --once', () => {
  it('prints the WELCOME and succeeds where the state is fresh', async (test) => {
    const { wsUrl } = await useIn(test, startGateway());
    const { code, printed } = await runOnce(wsUrl);
    expect(code).toBe(0);
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({
      type: 'WELCOME',
      granted: { mode: 'full' },
      data: { market: {} },
    });
  });

  it('fails where the engine has not spoken, and says why', async (test) => {
    const { wsUrl } = await useIn(test, startGateway({ engine: false }));
    const { code, printed, complaints } = await runOnce(wsUrl);
    expect(code).toBe(1);
    expect(JSON.parse(printed[0] ?? '').data).toMatchObject({
      status: 'INITIALIZING',
      sources: { state: { status: 'down' } },
    });
    expect(printed[0]).not.toContain('portfolio');
    expect(complaints.join()).toMatch(/^the state is initializing \(.*ECONNREFUSED.*\) – 127/);
  });

  it('fails where the engine is gone, and says what was known last', async (test) => {
    const gateway = await useIn(test, startGateway());
    await waitFor('the first state', async () => (await fetch(`${gateway.url}/readyz`)).ok);
    await gateway.engine.stop();
    await waitFor('the end of freshness', async () => {
      const { sources } = (await (await fetch(`${gateway.url}/api/telemetry`)).json()) as SomeDocument;
      return sources.state.status !== 'fresh';
    });
    const { code, printed, complaints } = await runOnce(gateway.wsUrl);
    expect(code).toBe(1);
    expect(JSON.parse(printed[0] ?? '').data).toMatchObject({ market: { symbol: 'SPY' } });
    expect(complaints.join()).toMatch(/^the state is (stale|down) \(.*\) – 127/);
  });

  it('with --any succeeds by a mere connection', async (test) => {
    const { wsUrl } = await useIn(test, startGateway({ engine: false }));
    const { code, printed, complaints } = await runOnce(wsUrl, '--any');
    expect([code, complaints]).toEqual([0, []]);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ type: 'WELCOME', granted: { mode: 'full' } });
  });

  it('fails where nobody answers, and says where', async () => {
    const { code, printed, complaints } = await runOnce(nowhere);
    expect(code).toBe(1);
    expect(printed).toEqual([]);
    expect(complaints.join()).toMatch(/no WELCOME within 2 s .* – 127\.0\.0\.1:9$/);
  });
});

const start = Date.parse('2026-01-01T08:00:00.000Z');
const document = (price: number) => ({ status: 'ACTIVE', market: { symbol: 'SPY', price } });

async function setUp({ colour = false } = {}) {
  const gateway = await connectToFake();
  const lines: string[] = [];
  printUpdates(gateway.client, { print: (line) => lines.push(line), colour });
  return { ...gateway, socket: gateway.socket, lines };
}

describe('tail, following', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('prints a line for each update: its version, its bytes, and how many came in the last second', async () => {
    const { socket, lines } = await setUp();
    socket.welcome(document(1));
    for (let seq = 2; seq <= 4; seq += 1) {
      vi.setSystemTime(start + seq * 300);
      socket.say({ type: 'TELEMETRY', seq, data: document(seq) });
    }
    const bytes = JSON.stringify({ type: 'TELEMETRY', seq: 4, data: document(4) }).length;
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^08:00:00\.000 {2}#1 {2}ACTIVE {2}SPY 1\.00 · {2}status,market {2}\d+ B {2}1\.0\/s$/,
    );
    expect(lines[2]).toMatch(/3\.0\/s$/);
    // Four within 1.2 s, of which the first is no longer in the last second.
    expect(lines[3]).toBe(`08:00:01.200  #4  ACTIVE  SPY 4.00 ▲  market  ${bytes} B  3.0/s`);
  });

  it('says where the price went since the line before', async () => {
    const { socket, lines } = await setUp();
    socket.welcome(document(2));
    for (const [seq, price] of [3, 1, 1].entries()) {
      socket.say({ type: 'TELEMETRY', seq: seq + 2, data: { ...document(price), seq } });
    }
    expect(lines.map((line) => /[▲▼·]/.exec(line)?.[0])).toEqual(['·', '▲', '▼', '·']);
  });

  it('says that the engine has not spoken yet, and prints none of the zeros', async () => {
    const { socket, lines } = await setUp();
    socket.welcome(initialOf());
    expect(lines.map((line) => line.replace(/\d+ B/, 'n B'))).toEqual([
      '08:00:00.000  #1  INITIALIZING  state down: nobody listens: ECONNREFUSED  sources  n B  1.0/s',
    ]);
    socket.say({ type: 'TELEMETRY', seq: 2, data: { ...document(1), sources: sourcesOf('fresh') } });
    expect(lines[1]).toMatch(/^08:00:00\.000 {2}#2 {2}ACTIVE {2}SPY 1\.00 · /);
    socket.say({ type: 'TELEMETRY', seq: 3, data: initialOf() });
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/ {2}#3 {2}INITIALIZING {2}state down: /);
  });

  it('paints only where it was told to', async () => {
    const plain = await setUp();
    const painted = await setUp({ colour: true });
    for (const { socket } of [plain, painted]) {
      socket.welcome(document(1));
      socket.say({ type: 'TELEMETRY', seq: 2, data: document(2) });
    }
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
    expect(painted.lines[1]).toContain(`${String.fromCharCode(27)}[32m▲`);
    expect(painted.lines.map((line) => line.replaceAll(escapes, ''))).toEqual(plain.lines);
    expect(plain.lines.join()).not.toMatch(escapes);
  });
});
