import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { type TestScope, type WaitOptions, waitFor } from './wait.ts';

const artifacts = fileURLToPath(new URL('../../.artifacts/dashboard/', import.meta.url));

/** The page at `/` in a browser. */
export interface DashboardPage {
  readonly page: Page;
  /** Errors of the script, and what the browser complained about. */
  readonly faults: readonly string[];
  part(name: string): Locator;
  /** What a part shows now. */
  textOf(name: string): Promise<string>;
  /** Waits until a part shows something; resolves with all that it shows. */
  shows(name: string, text: RegExp, options?: WaitOptions): Promise<string>;
  /** Waits for a packet after those that have been shown. */
  nextPacket(): Promise<void>;
  /** Leaves a picture in `.artifacts/dashboard/`. */
  shoot(name: string): Promise<void>;
}

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'dark' | 'light';
  /** Run in the page before its own script. */
  readonly before?: string;
  /** Set up by the test. Default: a new one. */
  readonly page?: Page;
}

/** Opens the page as it is in src/: dist/ is built before the tests begin where that has changed. */
export async function openDashboard(
  test: TestScope,
  browser: Browser,
  url: string,
  { width = 1440, height = 900, theme = 'dark', before, page: given }: OpenOptions = {},
): Promise<DashboardPage> {
  const page = given ?? (await browser.newPage());
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme });
  test.onTestFinished(() => page.close());
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (entry) => {
    // A request that is refused while nobody is there is logged by the browser itself.
    if (entry.type() === 'error' && !/ERR_|Failed to load resource|WebSocket connection/.test(entry.text())) {
      faults.push(entry.text());
    }
  });
  if (before !== undefined) await page.addInitScript({ content: before });
  await page.goto(url);

  const part = (name: string): Locator => page.getByTestId(name);
  const textOf = async (name: string): Promise<string> => (await part(name).textContent())?.trim() ?? '';
  const shows = (name: string, text: RegExp, options?: WaitOptions): Promise<string> =>
    waitFor(
      `${name} to show ${text}`,
      async () => {
        const shown = (await part(name).count()) === 1 ? await textOf(name) : '';
        return text.test(shown) && shown;
      },
      options,
    );
  const seq = async (): Promise<number> => Number((await textOf('seq')).replaceAll(/\D/g, ''));
  return {
    page,
    faults,
    part,
    textOf,
    shows,
    async nextPacket() {
      const before = await seq();
      await waitFor('the next packet', async () => (await seq()) > before);
    },
    async shoot(name) {
      const { width: shown = width } = page.viewportSize() ?? {};
      await page.screenshot({ path: `${artifacts}${name}.png`, fullPage: shown < 1000 });
    },
  };
}
