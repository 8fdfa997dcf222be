import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { type OpenOptions, openDashboard } from '../support/dashboard-page.ts';
import { startGateway } from '../support/gateway.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import { stageGateway, stages } from '../support/staged-gateway.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The dashboard of an engine', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** A page of a real gateway, whose engine says what the test has it say. */
  async function open(test: TestScope, first: JsonObject, options: OpenOptions = {}) {
    const scene = { state: first };
    const engine = await useIn(test, startScriptedEngine());
    engine.answerAll(() => ({ timestamp: new Date().toISOString(), status: 'ACTIVE', ...scene.state }));
    const settings = { ENGINE_URL: engine.url, ALLOW_COMMANDS: 'true' };
    const gateway = await useIn(test, startGateway({ engine: false, settings }));
    const dashboard = await openDashboard(test, browser, gateway.url, options);
    const cards = (): Promise<string[]> =>
      dashboard.page.evaluate(
        'Array.from(document.querySelectorAll("[data-area]"), (card) => card.dataset.area)',
      );
    return { ...dashboard, scene, engine, cards };
  }

  it.for([
    [{ symbol: 'EURUSD', price: 1.0808 }, 1.0811, '1.0811', /^▲ \+0\.0003 \(\+0\.028%\)/, 'Price'],
    [
      { symbol: 'PEPE', price: 0.00001234 },
      0.0000124,
      '0.00001240',
      /^▲ \+0\.00000006 \(\+0\.49%\)/,
      'Price',
    ],
    [{ symbol: 'BTC', price: 65_000.5, currency: 'USDT' }, 64_990, '64,990.00', /^▼ -10\.50 /, 'Price, USDT'],
    [{ symbol: '7203.T', price: 2834, currency: 'JPY' }, 2840, '2,840', /^▲ \+6 /, 'Price, JPY'],
    [{ symbol: 'SPY', price: 450.3 }, 450.300001, '450.300001', /^▲ \+0\.000001 /, 'Price'],
    [{ symbol: 'SPY', price: 450.3 }, 450.3, '450.30', /^■ 0\.00 \(0\.00%\)/, 'Price'],
  ] as const)(
    'shows a price and its change by their size: %o',
    async ([market, next, price, change, title], test) => {
      const { scene, shows, part, faults } = await open(test, { market });
      await shows('price-change', /in [2-9] s/);
      scene.state = { market: { ...market, price: next } };
      await shows('price', new RegExp(`^${price.replaceAll('.', String.raw`\.`)}$`));
      await shows('price-change', change);
      const tone = await part('price-change').getAttribute('data-tone');
      expect(tone).toBe({ '▲': 'up', '▼': 'down' }[change.source[1] ?? ''] ?? null);
      expect(await part('card-price').getByRole('heading').textContent()).toBe(title);
      expect(faults).toEqual([]);
    },
  );

  it.for([
    [undefined, '+12.50', '10,000.00'],
    ['EUR', '+€12.50', '€10,000.00'],
    ['JPY', '+¥13', '¥10,000'],
  ] as const)(
    'shows amounts in the currency that it states, and in none where it states none: %s',
    async ([currency, pnl, nav], test) => {
      const market = { symbol: 'X', price: 1, ...(currency === undefined ? {} : { currency }) };
      const { shows, textOf, page } = await open(test, {
        market,
        portfolio: { nav: 10_000, daily_pnl: 12.5 },
      });
      await shows('pnl', /12|13/);
      expect([await textOf('pnl'), await textOf('nav')]).toEqual([pnl, nav]);
      if (currency === undefined) expect(await page.locator('main').innerText()).not.toMatch(/\$|USD/);
    },
  );

  it('gives no colour to what is shown as zero', async (test) => {
    const market = { symbol: 'X', price: 1 };
    const { shows, part, textOf } = await open(test, {
      market,
      portfolio: { nav: 10_000, daily_pnl: -0.001 },
    });
    await shows('pnl', /^0\.00$/);
    expect(await textOf('pnl-share')).toBe('0.00%');
    for (const name of ['pnl', 'pnl-share']) expect(await part(name).getAttribute('data-tone')).toBeNull();
  });

  it('has a card for each section that was sent, as soon as it comes, and keeps it', async (test) => {
    const market = { symbol: 'X', price: 1 };
    const { scene, engine, shows, part, cards, shoot } = await open(test, { market });
    await shows('price', /^1\.00$/);
    expect(await cards()).toEqual(['price', 'connection']);
    await shoot('market-only');
    scene.state = { market, governance: { approved_size: 0.05 }, logs: [] };
    await shows('card-signal', /5\.00%/);
    expect(await cards()).toEqual(['price', 'signal', 'logs', 'connection']);
    expect(await part('side').count()).toBe(0);
    scene.state = { market };
    await shows('card-signal', /The engine sends none of it now/);
    await engine.stop();
    await waitFor(
      'a stale card',
      async () => (await part('card-price').getAttribute('data-state')) === 'stale',
    );
    expect(await cards()).toEqual(['price', 'signal', 'logs', 'connection']);
  });

  it.for([
    [360, 740],
    [844, 390],
    [1440, 810],
  ] as const)(
    'keeps status and HALT in sight, and the focus out from under them: %i × %i',
    async ([width, height], test) => {
      const page = await browser.newPage();
      const halt = {
        by: 'ann',
        role: 'operator',
        reason: 'long words of an operator '.repeat(8),
        at: '2026-01-01T08:00:00Z',
      };
      const error = `the engine answers, but its timestamp stands still since 2026-01-01T08:00:00Z ${'and on '.repeat(30)}`;
      const since = new Date().toISOString();
      const others = Object.fromEntries(
        Array.from({ length: 9 }, (_, index) => [`source-${index}`, { status: 'down', since, error }]),
      );
      await stageGateway(page, {
        ...stages.fresh(),
        sources: { state: { status: 'stale', since, error, halt }, ...others },
      });
      const files = await useIn(test, startGateway({ engine: false }));
      const { part, shows, shoot } = await openDashboard(test, browser, files.url, { page, width, height });
      await shows('situation-text', /^The engine answers, but its timestamp stands still/);
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
      for (const place of [
        part('status'),
        part('situation-text'),
        page.getByRole('button', { name: 'Halt …' }),
      ]) {
        const {
          y,
          width: wide,
          height: tall,
        } = (await place.boundingBox()) ?? { y: -1, width: 0, height: 0 };
        expect(y >= 0 && y + tall <= height && wide > 60).toBe(true);
      }
      const pinned = 'document.querySelector(".pinned").getBoundingClientRect().bottom';
      expect(await page.evaluate<number>(pinned)).toBeLessThan(height / 2);
      await shoot(`pinned-${width}`);
      // Backwards from the end: each one that has the focus is in sight below the bar.
      await page.getByRole('link', { name: 'WebSocket console' }).focus();
      const hidden: string[] = [];
      for (let press = 0; press < 30; press += 1) {
        await page.keyboard.press('Shift+Tab');
        hidden.push(
          await page.evaluate<string>(`(() => {
          const { activeElement: part } = document;
          if (part === document.body || part.closest('.pinned, .skip') !== null) return '';
          return part.getBoundingClientRect().bottom <= ${pinned} ? part.outerHTML : '';
        })()`),
        );
      }
      expect(hidden.filter((name) => name !== '')).toEqual([]);
    },
  );
});
