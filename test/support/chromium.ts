import { type Browser, chromium as playwright } from 'playwright-core';
import { chromium, findProgram, whyLeftOut } from '../setup/programs.mjs';

/** For `describe.skipIf(chromiumMissing)`: why tests in a real browser are left out, or false. */
export const chromiumMissing: string | false = whyLeftOut(chromium);

/** The tests open pages of this project only: no updates, no sync, no calls home. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  '--disable-gpu',
];

/**
 * Starts the machine's own Chromium without a window; the caller closes it. Playwright leaves the sandbox off,
 * which root and most containers could not use anyway.
 *
 * @param args further ones, such as names to be resolved
 */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = findProgram(chromium);
  if (executablePath === undefined) throw new Error(`${chromium.title} was not found (${chromium.install})`);
  return playwright.launch({ executablePath, args: [...quiet, ...args] });
}
