import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeBrowser, type FakeTab, openBrowser } from './fake-tabs.ts';

/** What befalls a tab, or the gateway; `which` is the tab's place among those that live. */
interface Befalling {
  readonly what:
    | 'open'
    | 'close'
    | 'crash'
    | 'freeze'
    | 'thaw'
    | 'cutOff'
    | 'rejoin'
    | 'pause'
    | 'resume'
    | 'move';
  readonly which: number;
}
type Step =
  | Befalling
  | { readonly what: 'publish' | 'hangUp' | 'mute' | 'speak'; readonly which?: never }
  | { readonly what: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constantFrom(
          'open',
          'close',
          'crash',
          'freeze',
          'thaw',
          'cutOff',
          'rejoin',
          'pause',
          'resume',
          'move',
        ),
        which: fc.nat(9),
      }),
    },
    { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('publish', 'hangUp', 'mute', 'speak') }) },
    {
      weight: 5,
      arbitrary: fc.record({ what: fc.constant('wait'), ms: fc.constantFrom(10, 140, 700, 5000, 40_000) }),
    },
  ),
  { maxLength: 25 },
) satisfies fc.Arbitrary<Step[]>;

/** A silent connection counts as such by then, and a leader that is gone has been replaced. */
const noticedMs = 25_000;
const quietMs = 30_000;
const timing = { backoffMaxMs: 2000 };

class Scene {
  readonly browser: FakeBrowser;
  /** Those that were neither closed nor crashed. */
  living: FakeTab[] = [];
  /** When the gateway last had something new, and when each tab was last held up. */
  #publishedAt = 0;
  readonly #heldUpAt = new Map<FakeTab, number>();

  constructor(hasLocks: boolean) {
    this.browser = openBrowser(hasLocks);
  }

  async take(step: Step): Promise<void> {
    const { browser } = this;
    if (step.what === 'wait') await browser.advance(step.ms, () => this.#check());
    else if (step.what === 'publish') this.#publish();
    else if (step.what === 'mute' || step.what === 'speak') browser.setMute(step.what === 'mute');
    else if (step.what === 'hangUp') for (const socket of browser.open) socket.end();
    else if (step.what === 'open') this.living.push(browser.openTab({ timing }));
    else if (step.which !== undefined) this.#befall(step.what, this.living[step.which % this.living.length]);
    await browser.advance(1, () => this.#check());
  }

  /** Ends all that is extraordinary, and gives it time. */
  async settle(): Promise<void> {
    this.browser.setMute(false);
    for (const tab of this.living) {
      tab.cutOff(false);
      if (tab.isFrozen) tab.thaw();
      this.#heldUpAt.set(tab, this.browser.clock.monotonic());
      tab.client.setOptions({ interval: 0, symbol: null }).catch(() => {});
    }
    await this.browser.advance(quietMs, () => this.#check());
    this.#publish();
    await this.browser.advance(1000, () => this.#check());
  }

  #befall(what: string, tab: FakeTab | undefined): void {
    if (tab === undefined) return;
    if (what === 'freeze') tab.freeze();
    if (what === 'thaw' && tab.isFrozen) {
      this.#heldUpAt.set(tab, this.browser.clock.monotonic());
      tab.thaw();
    }
    if (what === 'cutOff' || what === 'rejoin') tab.cutOff(what === 'cutOff');
    if (what === 'pause' || what === 'resume') {
      tab.client.setOptions({ interval: what === 'pause' ? 'pause' : 0 }).catch(() => {});
    }
    if (what === 'move') {
      const symbol = tab.client.wanted.symbol === null ? 'MSFT' : null;
      this.#heldUpAt.set(tab, this.browser.clock.monotonic());
      tab.client.setOptions({ symbol }).catch(() => this.#heldUpAt.set(tab, this.browser.clock.monotonic()));
    }
    // A frozen one says no goodbye.
    if (what === 'crash' || (what === 'close' && tab.isFrozen)) tab.crash();
    else if (what === 'close') tab.client.close();
    if (what === 'close' || what === 'crash') this.living = this.living.filter((other) => other !== tab);
  }

  #publish(): void {
    this.#publishedAt = this.browser.clock.monotonic();
    this.browser.publish();
  }

  /** At any time, no tab shows for current what has not been so for long. */
  #check(): void {
    const { clock, document } = this.browser;
    const now = clock.monotonic();
    if (now - this.#publishedAt < noticedMs) return;
    for (const tab of this.living) {
      const heldUpAt = this.#heldUpAt.get(tab) ?? Number.NEGATIVE_INFINITY;
      if (tab.isFrozen || now - heldUpAt < noticedMs) continue;
      if (tab.client.freshness.of('market.price').state !== 'fresh') continue;
      const { symbol } = tab.client.wanted;
      const market = { ...Object(document.market), ...(symbol && { symbol }) };
      expect(tab.client.document).toEqual({ ...document, market });
    }
  }
}

describe('tabs that come, go, freeze, and do not hear each other', () => {
  it('have one connection and its document as soon as it is quiet', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (taken, hasLocks) => {
        const scene = new Scene(hasLocks);
        for (let count = 0; count < 3; count += 1) await scene.take({ what: 'open', which: 0 });
        for (const step of taken) await scene.take(step);
        await scene.settle();
        const { browser, living } = scene;
        expect(browser.open).toHaveLength(Math.min(1, living.length));
        for (const { client } of living) {
          expect(client.document).toEqual(browser.document);
          expect(client.status.state).toBe('live');
          expect(client.granted?.interval).toBe(0);
          expect(client.freshness.of('market.price').state).toBe('fresh');
        }
        for (const { client } of living) client.close();
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
