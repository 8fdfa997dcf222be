import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { launchChromium } from '../support/chromium.ts';
import { startRedis } from '../support/redis-server.ts';
import type { Resource } from '../support/wait.ts';
import { scenes } from './outage-scenes/scenes.ts';
import {
  type Backstage,
  type House,
  openBackstage,
  play,
  type Sight,
  type Stage,
  seatViewers,
} from './outage-scenes/stage.ts';

// What people are shown while an engine is killed, hung, wedged and so on: a client without options (as wscat), one
// with interval=30000, the SDK, and the page in a real Chromium; one line a second and scene. Engine, gateway and
// Redis are real processes. Exit code 1 where anybody was shown a figure as live that was not, or as stale that was
// live; the limits are those of the protocol's page.
//
//   npm run bench -- outage-scenes                      all of them at the same time: 5 minutes, for the sake of bars
//   npm run bench -- outage-scenes --scene wedged       one of them; may be given more than once
//   npm run bench -- outage-scenes --seconds 20         shorter than 60 s

const { values } = parseArgs({
  strict: false,
  options: {
    seconds: { type: 'string', default: '60' },
    scene: { type: 'string', multiple: true },
  },
});
const seconds = Number(values.seconds);
const names = (values.scene ?? []).map(String);
const unknown = names.filter((name) => !scenes.some((scene) => scene.name === name));
if (unknown.length > 0 || !(seconds > 0)) {
  console.error(`  --seconds N, --scene ${scenes.map(({ name }) => name).join(' | ')}`);
  process.exit(1);
}
const chosen = scenes.filter(({ name }) => names.length === 0 || names.includes(name));
/** Starting takes its time on a busy machine, and bars of 60 s have to be learned. */
const longestMs = (seconds + 300 + 60 * chosen.length) * 1000;

/** Those that are still starting too. */
const resources: Promise<Resource>[] = [];
const endTimeoutMs = 30_000;
let ending: Promise<unknown> | undefined;
/** The same end for all who ask: none of them may leave before all is stopped. */
function end(): Promise<unknown> {
  setTimeout(() => process.exit(1), endTimeoutMs).unref();
  ending ??= Promise.allSettled(resources.map(async (resource) => (await resource).stop()));
  return ending;
}
async function giveUp(why: string): Promise<never> {
  console.error(`  outage-scenes gave up: ${why}`);
  await end();
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void giveUp(signal));
setTimeout(() => void giveUp(`not done after ${longestMs / 1000} s`), longestMs).unref();

try {
  const use: House['use'] = async (starting) => {
    resources.push(Promise.resolve(starting));
    return await starting;
  };
  const redis = await use(startRedis());
  const browser = await launchChromium();
  await use({ stop: () => browser.close() });
  const house: House = { redis, browser, use, print: (line) => console.log(`  ${line}`) };

  house.print(
    'wscat and paced: age of the last packet, and what it says; sdk: its state, and its freshness by path;',
  );
  house.print('page: its banner, and whether the price is marked as the last known one');
  const lateness = monitorEventLoopDelay({ resolution: 20 });
  const backstages: Backstage[] = [];
  for (const scene of chosen) {
    house.print(`${scene.name.padEnd(12)} ${scene.about}`);
    backstages.push(await openBackstage(scene, house));
  }
  const stages: Stage[] = [];
  for (const backstage of backstages) stages.push(await seatViewers(backstage, house));
  lateness.enable();
  const results = await Promise.all(stages.map((stage) => play(stage, seconds, house)));
  summarise(new Map(chosen.map(({ name }, index) => [name, results[index] ?? []])));
  const latest = (lateness.max / 1e9).toFixed(1);
  console.log(`\n  Even this script was up to ${latest} s late: so late may be all that is measured here.`);
} catch (error) {
  if (ending === undefined) console.error('  outage-scenes could not be played:', error);
  process.exitCode = 1;
}
await end();
// Scenes may still be under way where one of them failed.
process.exit();

function summarise(results: ReadonlyMap<string, readonly Sight[]>): void {
  const cell = (text: string): string => text.padEnd(9);
  console.log(`\n  seconds from the beginning of the trouble until it was first shown (due: the latest)`);
  console.log(`  ${['scene'.padEnd(12), 'due', 'wscat', 'paced', 'sdk', 'page'].map(cell).join(' ')}`);
  const wrong: string[] = [];
  for (const { name, truths } of chosen) {
    const sights = results.get(name) ?? [];
    const due = truths.find(({ source, halted }) => source === false || halted === true)?.from;
    const shown = [due, ...sights.map(({ firstShown }) => firstShown)].map((at) => at?.toFixed(1) ?? 'never');
    console.log(`  ${[name.padEnd(12), ...shown].map(cell).join(' ')}`);
    for (const { viewer, contradictions } of sights) {
      wrong.push(...contradictions.map((text) => `${name}, ${viewer}: ${text}`));
    }
  }
  if (wrong.length === 0) {
    console.log('\n  Nobody was shown a figure as live that was not, or as stale that was live.');
    return;
  }
  console.log('\n  WRONG');
  for (const text of wrong) console.log(`  ${text}`);
  process.exitCode = 1;
}
