import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nowhere } from '../support/gateway.ts';
import { thisBuild } from './builds.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { nodeFlags, startGatewayProcess } from './server-process.ts';

// What one health check of the image takes, against a fetch from `node -e` and an empty start of Node, turn by turn.
// `BENCH_NODE` names another Node than this one, such as that of the image.

const turns = 40;
const node = process.env.BENCH_NODE ?? process.execPath;
const preload = fileURLToPath(new URL('health/usage.cjs', import.meta.url));

interface Usage {
  /** User and system time until it was gone: Node has work to do after its last line. In steps of 10 ms. */
  readonly cpuMs: number;
  /** The most that was resident, pages of the program itself included, which the gateway has loaded anyway. */
  readonly rssKb: number;
  /** Of that what the process has for itself, at its end. */
  readonly ownKb: number;
}

const tickMs = 10;

/** User and system time of all processes that this one has started and that have ended. See proc(5). */
function endedCpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * tickMs;
}

function run(args: readonly string[], port: number): Usage {
  const before = endedCpuMs();
  const { status, stderr, output } = spawnSync(node, [...nodeFlags, '--require', preload, ...args], {
    cwd: thisBuild.folder,
    env: { PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { ...JSON.parse(output[3] ?? ''), cpuMs: endedCpuMs() - before };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

await runBench('health', async ({ pinning, use }) => {
  const { port } = await use(startGatewayProcess(pinning, { ENGINE_URL: nowhere }));
  const fetching = `fetch('http://127.0.0.1:${port}/livez').then(({ ok }) => process.exit(ok ? 0 : 1))`;
  const programs = { empty: ['-e', ''], fetch: ['-e', fetching], health: ['dist/main.js', 'health'] };
  const usages: Record<keyof typeof programs, Usage[]> = { empty: [], fetch: [], health: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    usages.empty.push(run(programs.empty, port));
    usages.fetch.push(run(programs.fetch, port));
    usages.health.push(run(programs.health, port));
  }
  const figures = (
    name: string,
    unit: string,
    of: (usage: Usage) => number,
    bar?: Figure['bar'],
  ): Figure[] => {
    const [empty, fetch, health] = [usages.empty, usages.fetch, usages.health].map((all) =>
      mean(all.map(of)),
    );
    if (empty === undefined || fetch === undefined || health === undefined) return [];
    return [
      { name, value: health, unit },
      {
        name: `${name} against a fetch`,
        value: health / fetch,
        unit: '×',
        ...(bar === undefined ? {} : { bar }),
      },
      { name: `${name} of an empty start against a fetch`, value: empty / fetch, unit: '×' },
    ];
  };
  const bar = { is: '<', value: 0.7 } as const;
  return [
    ...figures('CPU', 'ms', ({ cpuMs }) => cpuMs, bar),
    ...figures('memory of its own', 'MB', ({ ownKb }) => ownKb / 1024, bar),
    ...figures('most resident', 'MB', ({ rssKb }) => rssKb / 1024),
  ];
});
