import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { openDashboard } from '../../support/dashboard-page.ts';
import type { TestScope } from '../../support/wait.ts';
import type { Moment } from './judge.ts';
import { record, type Viewer } from './viewers.ts';

const reading = z.object({
  /** Epoch ms. */
  at: z.number(),
  banner: z.string(),
  status: z.string(),
  price: z.string(),
  nav: z.string(),
  /** Whether the price is dimmed as the last known one, and the source's own figures. */
  isPriceMarked: z.boolean(),
  isSourceMarked: z.boolean(),
  chip: z.string(),
});
type Reading = z.infer<typeof reading>;
const readings = z.array(reading);

/** Runs in the page: keeps what it shows, looked at ten times a second, until it is asked for. */
const recorder = (source: string, figures: string): string => `(() => {
  const find = (name) => document.querySelector('[data-testid="' + name + '"]');
  const text = (name) => find(name)?.textContent?.trim() ?? '';
  const isMarked = (element) => element?.closest('[data-state="stale"], [data-stale="true"]') != null;
  let last = '';
  window.shownSoFar = [];
  setInterval(() => {
    const shown = {
      banner: text('situation-text'), status: text('status'), price: text('price'), nav: text('nav'),
      isPriceMarked: isMarked(find('price')), isSourceMarked: isMarked(find('${figures}')),
      chip: find('source-${source}')?.dataset.status ?? '',
    };
    const now = JSON.stringify(shown);
    if (now !== last) window.shownSoFar.push({ at: Date.now(), ...shown });
    last = now;
  }, 100);
})()`;

/** Several pages are painted at the same time. */
const small = { width: 800, height: 600 };

/** The page in a browser, by what a person reads there. */
export async function watchPage(
  scope: TestScope,
  browser: Browser,
  url: string,
  source: 'state' | 'agents',
): Promise<Viewer> {
  const figures = source === 'state' ? 'nav' : 'card-agents';
  const { page } = await openDashboard(scope, browser, url, { ...small, before: recorder(source, figures) });
  const moments: Moment[] = [];
  let latest: Reading | undefined;
  return {
    name: 'page',
    paceSeconds: 0,
    moments,
    async refresh() {
      for (const shown of readings.parse(await page.evaluate('window.shownSoFar.splice(0)'))) {
        latest = shown;
        record(moments, shown.at, {
          source: shown.chip === 'fresh' || !shown.isSourceMarked || (source === 'state' && says(shown).live),
          price: !shown.isPriceMarked,
          halted: shown.status === 'HALT' && says(shown).halted,
          figures: { price: shown.price, nav: shown.nav },
        });
      }
    },
    cell() {
      if (latest === undefined) return 'nothing';
      const { banner, price, isPriceMarked } = latest;
      return `"${banner}" ${price} ${isPriceMarked ? 'as last known' : 'as live'}`;
    },
    stop: () => page.close(),
  };
}

function says({ banner }: Reading) {
  return { live: /^(Live|Trading is halted)/.test(banner), halted: /halted/i.test(banner) };
}
