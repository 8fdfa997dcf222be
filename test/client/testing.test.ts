import { describe, expect, it } from 'vitest';
import { createFakeClient } from '../../src/client/testing.ts';
import { bundleScript, inDevelopment, virtualModules } from '../support/bundle.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { exampleOf, sdkModules } from '../support/pages.ts';

describe('A fake client', () => {
  it('has the document that it is made with, live and fresh', () => {
    const client = createFakeClient({ document: { market: { price: 1 } } });
    expect(client.document.market?.price).toBe(1);
    expect(client.status).toMatchObject({ state: 'live', transport: 'websocket' });
    expect(client.freshness.isFresh).toBe(true);
    expect(client.freshness.of('market.price').state).toBe('fresh');
    expect(client.granted).toMatchObject({ role: 'operator', commands: true });
  });

  it('has nothing before the first document', () => {
    const client = createFakeClient();
    expect(client.document).toEqual({});
    expect(client.status.state).toBe('connecting');
    expect(client.freshness.of().state).toBe('initializing');
    expect(client.position).toBeUndefined();
    client.play({ status: 'ACTIVE' });
    expect(client.status.state).toBe('live');
    expect(client.position).toEqual({ epoch: 'fake', seq: 1 });
  });

  it('tells of what it plays before that returns, and keeps what did not change the same object', async () => {
    const client = createFakeClient({ document: { market: { price: 1 }, agents: { scout: { n: 1 } } } });
    const { agents } = client.document;
    const prices: unknown[] = [];
    const changed: unknown[] = [];
    client.select('market.price', (price) => prices.push(price));
    client.on('update', (update) => changed.push(update.changed));
    client.play({ market: { price: 2 }, agents: { scout: { n: 1 } } });
    client.play({ market: { price: 2 }, agents: { scout: { n: 1 } } });
    expect(prices).toEqual([1, 2]);
    expect(changed).toEqual([['market']]);
    expect(client.document.agents).toBe(agents);
    for await (const document of client) {
      expect(document).toBe(client.document);
      break;
    }
  });

  it('says what is fresh as the real one does, by the sources that are played', () => {
    const client = createFakeClient();
    const since = '2026-01-01T00:00:00.000Z';
    const sources = { state: { status: 'stale', since, error: 'refused', live: ['market.price'] } } as const;
    client.play({ market: { price: 1, alpha: 2 }, sources });
    expect(client.freshness.of('market.price').state).toBe('fresh');
    expect(client.freshness.of('market.alpha')).toMatchObject({ state: 'stale', error: 'refused' });
    client.setState('refused', 'see ALLOWED_ORIGINS');
    expect(client.freshness.of('market.price')).toMatchObject({
      state: 'stale',
      error: 'see ALLOWED_ORIGINS',
    });
  });

  it('says what a test sets of a path and all below, until it is taken back', () => {
    const client = createFakeClient({ document: { market: { price: 1 }, portfolio: { nav: 2 } } });
    let told = 0;
    client.on('freshness', () => {
      told += 1;
    });
    client.setFreshness({ state: 'down', error: 'gone' }, 'market');
    expect(client.freshness.of('market.price')).toMatchObject({ state: 'down', error: 'gone' });
    expect(client.freshness.of('portfolio.nav').state).toBe('fresh');
    expect(client.freshness.isFresh).toBe(true);
    client.setFreshness({ state: 'stale' });
    expect(client.freshness.of('portfolio.nav').state).toBe('stale');
    expect(client.freshness.isFresh).toBe(false);
    client.setFreshness(undefined);
    client.setFreshness(undefined, 'market');
    expect(client.freshness.of('market.price').state).toBe('fresh');
    expect(told).toBe(4);
  });

  it('leaves commands to the test to answer', async () => {
    const client = createFakeClient();
    const progress: unknown[] = [];
    const onProgress = (next: object): void => void progress.push(next);
    const halted = client.command('HALT', { reason: 'drill', requestId: '7', onProgress });
    const resumed = client.command('RESUME');
    expect(client.commands.map(({ command }) => command)).toEqual(['HALT', 'RESUME']);
    expect(client.commands[0]?.options.reason).toBe('drill');
    client.commands[0]?.progress('sent');
    client.commands[0]?.ack({ status: 'HALTED' });
    client.commands[1]?.fail('STALE', 'polls fail');
    expect(await halted).toEqual({ command: 'HALT', requestId: '7', result: { status: 'HALTED' } });
    expect(progress).toEqual([{ state: 'sent' }]);
    await expect(resumed).rejects.toMatchObject({ code: 'STALE', message: 'polls fail', effect: 'none' });
  });

  it('ends commands by their signal, and all with the client', async () => {
    const client = createFakeClient();
    const cancel = new AbortController();
    const cancelled = client.command('HALT', { signal: cancel.signal });
    const open = client.command('HALT');
    cancel.abort();
    client.close();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(open).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.command('HALT')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(client.status.state).toBe('closed');
    expect(() => client.connect()).toThrow('the client is closed');
  });

  it('grants each view that is asked for, and notes tokens', async () => {
    const client = createFakeClient({ document: {}, granted: { role: 'viewer', commands: false } });
    expect(await client.setOptions({ interval: 'pause', symbol: 'QQQ' })).toMatchObject({
      interval: 'pause',
      symbol: 'QQQ',
      role: 'viewer',
    });
    expect(client.wanted.symbol).toBe('QQQ');
    expect(client.freshness.of('market.price')).toMatchObject({
      state: 'stale',
      error: 'the view is paused',
    });
    client.setToken('jwt');
    expect(client.tokens).toEqual(['jwt']);
  });

  it('begins in any state', () => {
    const client = createFakeClient({ state: 'idle' });
    expect(client.status.state).toBe('idle');
    client.connect();
    expect(client.status.state).toBe('connecting');
    const lost = createFakeClient({ document: { status: 'ACTIVE' }, state: 'stale' });
    expect(lost.status.state).toBe('stale');
    expect(lost.document.status).toBe('ACTIVE');
  });

  it('lets what a listener throws reach the test', () => {
    const client = createFakeClient();
    client.on('update', () => {
      throw new Error('of the application');
    });
    expect(() => client.play({ status: 'ACTIVE' })).toThrow('of the application');
  });
});

/** Vitest's own `expect`; what is given to `test` is run by the page. */
const vitestForPages = `
import { chai, JestChaiExpect } from '@vitest/expect';
chai.use(JestChaiExpect);
export const { expect } = chai;
globalThis.tests = [];
export const test = (name, run) => globalThis.tests.push(run);
`;

/** The example of a component test as a script for a browser. */
const bundleExample = (): Promise<string> =>
  bundleScript('example.jsx', {
    ...inDevelopment,
    resolve: { alias: { ...sdkModules } },
    oxc: { jsx: { runtime: 'automatic' } },
    plugins: [virtualModules({ 'example.jsx': exampleOf('A component test'), vitest: vitestForPages })],
  });

describe.skipIf(chromiumMissing)('The example of a component test', () => {
  it('passes', async (test) => {
    const browser = await launchChromium();
    test.onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.addScriptTag({ content: await bundleExample(), type: 'module' });
    await page.waitForFunction('globalThis.tests?.length === 1');
    expect(await page.evaluate('Promise.all(tests.map((run) => run())).then(({ length }) => length)')).toBe(
      1,
    );
    expect(faults).toEqual([]);
  });
});
