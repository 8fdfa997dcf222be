import { createHash } from 'node:crypto';
import { decode } from '@msgpack/msgpack';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/demo/random.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { connectClient, type Packet, type TestClient } from '../support/client.ts';
import { createUpdates } from '../support/fan-out-updates.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const seed = 20_263;
const updates = 300;
/** Whole packets of a view are the same text in every mode and at every interval. */
const kinds = ['', 'encoding=msgpack', 'sections=market,own'] as const;
const views: readonly { readonly kind: string; readonly query: string }[] = [
  ...kinds.flatMap((kind) =>
    ['', '', 'mode=delta&', 'mode=delta&'].map((more) => ({ kind, query: more + kind })),
  ),
  ...kinds.slice(0, 2).map((kind) => ({ kind, query: `interval=50&${kind}` })),
];

/** Runs in the page: sockets that keep the digest of each message, and the whole of the first. */
const script = `
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const bytesOf = (data) => (typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data));
  const sockets = [];
  globalThis.fanOut = {
    open(query) {
      const socket = new WebSocket(new URL('/?' + query, location.href.replace(/^http/, 'ws')));
      socket.binaryType = 'arraybuffer';
      const log = { first: undefined, digests: [], code: 0, socket };
      sockets.push(log);
      socket.onmessage = async ({ data }) => {
        const bytes = bytesOf(data);
        log.first ??= hex(bytes);
        log.digests.push(crypto.subtle.digest('SHA-256', bytes).then(hex));
      };
      socket.onclose = ({ code }) => { log.code = code; };
    },
    stall(ms) {
      for (const until = performance.now() + ms; performance.now() < until; );
    },
    read: () => Promise.all(sockets.map(async ({ first, digests, code, socket }) =>
      ({ first, digests: await Promise.all(digests), code, extensions: socket.extensions }))),
  };
`;

interface Heard {
  readonly first: string | undefined;
  readonly digests: readonly string[];
  readonly code: number;
  readonly extensions: string;
}

/** Plain clients that read all that the page may be sent, by its digest. */
async function readPlainly(test: TestScope, wsUrl: string) {
  const sent = new Map<string, Packet>();
  const clients = new Map<string, TestClient>();
  for (const query of kinds.flatMap((kind) => [kind, `mode=delta&${kind}`])) {
    const client = await useIn(test, connectClient(`${wsUrl}/?${query}`));
    client.socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) sent.set(createHash('sha256').update(data).digest('hex'), client.latest);
    });
    await client.nextOf('WELCOME');
    clients.set(query, client);
  }
  return {
    sent,
    newest: () => Math.min(...[...clients.values()].map(({ latest }) => latest.seq)),
    /** The document of a version as this kind of view shows it. */
    documentOf: (kind: string, seq: unknown) =>
      clients.get(kind)?.packets.find((packet) => packet.seq === seq)?.data,
  };
}

type Plain = Awaited<ReturnType<typeof readPlainly>>;

/** Each message must have been sent plainly too, and go on from the one before. */
function expectOrder({ first, digests }: Heard, kind: string, { sent, documentOf }: Plain): void {
  const bytes = Buffer.from(first ?? '', 'hex');
  const welcome = Object(kind.includes('msgpack') ? decode(bytes) : JSON.parse(bytes.toString()));
  expect(welcome).toMatchObject({ type: 'WELCOME', data: documentOf(kind, welcome.seq) });
  let held = Number(welcome.seq);
  for (const digest of digests.slice(1)) {
    const packet = sent.get(digest);
    expect(packet?.type).toMatch(/^(TELEMETRY|DELTA)$/);
    if (packet?.type === 'DELTA') expect(packet.body.base).toBe(held);
    expect(packet?.seq).toBeGreaterThan(held);
    held = packet?.seq ?? held;
  }
}

describe.skipIf(chromiumMissing)(`14 sockets of a page that stalls, by chance of seed ${seed}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('read in shared windows what plain clients read, in order, and 1001 at the end', async (test) => {
    const { gateway, publish } = await setUpViews(test);
    const source = createUpdates(seed);
    publish(source.last());
    const plain = await readPlainly(test, gateway.wsUrl);
    const page: Page = await browser.newPage();
    test.onTestFinished(() => page.close());
    await page.goto(`${gateway.url}/health`);
    await page.evaluate(script);
    const read = (): Promise<readonly Heard[]> => page.evaluate('fanOut.read()');

    const random = new Random(seed, 'page');
    const joining = [...views];
    const stalls: Promise<unknown>[] = [];
    let seq = plain.newest();
    for (let tick = 1; tick <= updates; tick += 1) {
      // Half of them are there from the start.
      const comes = joining.length > views.length / 2 || random.chance(0.05);
      const view = comes ? joining.shift() : undefined;
      if (view !== undefined) await page.evaluate(`fanOut.open(${JSON.stringify(view.query)})`);
      if (random.chance(0.03)) stalls.push(page.evaluate(`fanOut.stall(${100 + random.below(400)})`));
      // Now and then so much that a page which stalls does not get all of it.
      const bulk = tick % 100 < 90 ? '' : `${random.next()} `.repeat(8000);
      if (tick % 100 === 90) stalls.push(page.evaluate('fanOut.stall(500)'));
      publish({ ...source.next(), bulk, own: { tick } });
      seq += 1;
      await waitFor('the plain clients', () => plain.newest() === seq);
    }
    publish(source.last());
    await Promise.all(stalls);
    const isComplete = ({ digests }: Heard) => plain.sent.get(digests.at(-1) ?? '')?.seq === seq + 1;
    const before = await waitFor('the last update', async () => {
      const heard = await read();
      return heard.length === views.length && heard.every(isComplete) && heard;
    });
    expect((await gateway.metrics()).value('bff_skipped_total')).toBeGreaterThan(0);
    await gateway.stop();
    const after = await waitFor('the end', async () => {
      const heard = await read();
      return heard.every(({ code }) => code > 0) && heard;
    });
    expect(after).toEqual(before.map((heard) => ({ ...heard, code: 1001 })));
    for (const [index, heard] of after.entries()) {
      expect(heard.extensions).toContain('permessage-deflate');
      expectOrder(heard, views[index]?.kind ?? '', plain);
    }
  });
});
