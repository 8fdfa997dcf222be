import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimedBlocks } from './support/claims.ts';
import { spawnDemo, spawnEngine, spawnGateway } from './support/gateway-process.ts';
import { type CodeBlock, codeBlocks, codeWith, pages } from './support/pages.ts';
import { redisMissing, startRedis } from './support/redis-server.ts';
import { npmScripts, type Outcome, runShown } from './support/shell.ts';
import { type Resource, type TestScope, useIn, waitFor } from './support/wait.ts';

/** Commands that are not run, and why. */
const leftOut: readonly [command: RegExp, reason: string][] = [
  [/^npm run demo$/, 'what it starts is started below, and what it prints is compared'],
  [/^npm test$/, 'this is part of it'],
  [/^npm ci && npm run build$/, 'npm test has done both before'],
  [/^docker /, 'there is no Docker here; its files are parsed'],
  [/^export TELEMETRY_TOKEN=/, 'nobody needs a token of the gateway of these tests'],
  [/readyz +# no engine/, 'test/http/http.port.test.ts stages it'],
  [/clients\?limit/, 'nobody has a name here; test/http/operations.test.ts stages it'],
];

/** A command of a page, with what the page shows beneath it. */
interface Shown {
  readonly command: string;
  /** What is typed while it runs: lines that begin with `>`. */
  readonly input: readonly string[];
  readonly output: readonly string[];
}

/** The commands of a block: all its lines, or those behind a prompt, with what stands beneath each. */
function commandsIn({ language, code }: CodeBlock): Shown[] {
  const lines = code
    .replaceAll(/\\\n\s*/g, ' ')
    .trimEnd()
    .split('\n');
  if (language === 'sh') {
    return lines
      .map((line) => line.replace(/(?<!\S)# .*$/, '').trim())
      .filter((command) => command !== '')
      .map((command) => ({ command, input: [], output: [] }));
  }
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...rest] = part.trimEnd().split('\n');
      const input = rest.filter((line) => line.startsWith('> ')).map((line) => line.slice(2));
      const output = rest.filter((line) => line !== '' && !line.startsWith('> '));
      return { command, input, output: output.map((line) => line.replace(/^< /, '')) };
    });
}

const startsServer = /npm start$|main\.js (?:serve|engine)$/;
const keysOf = (text: string): string[] => [...text.matchAll(/"(\w+)":/g)].map(([, key = '']) => key);
const typeOf = (line: string): string | undefined => /^\{"type":"[A-Z]+"/.exec(line)?.[0];

const isTranscript = ({ language, code }: CodeBlock): boolean => language === '' && /^\$ /m.test(code);
const blocks = codeBlocks.filter(
  (block) => (block.language === 'sh' || isTranscript(block)) && !claimedBlocks.has(block),
);

/** Commands within the text and in its tables. */
const inline = pages.flatMap(({ prose }) =>
  [...prose.matchAll(/`((?:npx wscat|curl|node dist\/main\.js) [^`]*\blocalhost:3000[^`]*)`/g)].map(
    ([, command = '']): Shown => ({ command, input: [], output: [] }),
  ),
);

describe.skipIf(redisMissing)('The commands of the pages', () => {
  let stage: { readonly places: Readonly<Record<string, string>>; readonly env: Record<string, string> };
  const started: Resource[] = [];
  const start = async <T extends Resource>(starting: Promise<T>): Promise<T> => {
    const resource = await starting;
    started.unshift(resource);
    return resource;
  };
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'commands-'));
    started.push({ stop: () => rmSync(folder, { recursive: true, force: true }) });
    const redis = await startRedis();
    started.unshift({ stop: () => redis.kill() });
    const faulty = await start(spawnEngine());
    const engine = await start(spawnEngine({ REDIS_URL: redis.url, ENGINE_LOG_DIR: folder }));
    const gateway = await start(
      spawnGateway({
        ENGINE_URL: engine.url,
        REDIS_URL: redis.url,
        INSTANCE_LOG_DIR: folder,
        ENGINE_PASSTHROUGH: '/api/system/metrics',
        PATH_ALIASES: '/api/ws/stream=/ws/stream,/api/actions/halt=/api/telemetry/halt',
        ALLOW_COMMANDS: 'true',
        ALLOW_INGEST: 'true',
      }),
    );
    stage = {
      places: {
        'localhost:3000': `127.0.0.1:${gateway.port}`,
        'localhost:8000': `127.0.0.1:${engine.port}`,
        '127.0.0.1:33617': `127.0.0.1:${faulty.port}`,
      },
      env: { REDIS_URL: redis.url, HOST: '127.0.0.1', PORT: '0', ENGINE_PORT: '0', TOKEN: 'of-nobody' },
    };
    await waitFor('the state', async () => (await fetch(`${gateway.url}/readyz`)).ok);
  });
  afterAll(async () => {
    for (const resource of started) await resource.stop();
  });

  function run(test: TestScope, { command, input, output }: Shown): Promise<Outcome> {
    let line = command;
    for (const [shown, here] of Object.entries(stage.places)) line = line.replaceAll(shown, here);
    const types = output.flatMap((each) => typeOf(each) ?? []);
    return runShown(test, line, {
      env: stage.env,
      input,
      isEnough: (said) =>
        said.includes(startsServer.test(command) ? 'listening"' : '\n') &&
        types.every((type) => said.includes(type)),
    });
  }

  it.for(blocks.map((block) => [block.place, block] as const))(
    'do what %s shows',
    async ([, block], test) => {
      for (const shown of commandsIn(block)) {
        if (leftOut.some(([pattern]) => pattern.test(shown.command))) continue;
        const { code, output } = await run(test, shown);
        const isRefusal = shown.output.some((line) => /"status":4\d\d/.test(line));
        // curl's own code for an answer of 400 and above.
        expect([isRefusal ? 22 : 0, undefined], `${shown.command}\n${output}`).toContain(code);
        expect(keysOf(output), shown.command).toEqual(
          expect.arrayContaining(keysOf(shown.output.join('\n'))),
        );
      }
    },
  );

  it.for(inline)('do what $command shows', async (shown, test) => {
    const { code, output } = await run(test, shown);
    expect([0, undefined], output).toContain(code);
  });

  it('are printed by the demo', async (test) => {
    const demo = await useIn(test, spawnDemo());
    const last = 'Stop with Ctrl+C.';
    await waitFor('the whole banner', () => demo.stdout.includes(last));
    const plain = (text: string): string[] =>
      text
        .replaceAll(/(?:127\.0\.0\.1|localhost):(?:3000|33617|\d{4,5})/g, 'HERE')
        .replaceAll(/eyJ[\w.…-]+/g, 'TOKEN')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('{'));
    expect(plain(demo.stdout)).toEqual(plain(codeWith('──────────────────')));
  });

  it('are those that package.json has, where npm runs them', () => {
    const named = codeBlocks.flatMap(({ code }) =>
      [...code.matchAll(/\bnpm (?:run )?(?!ci|install|pack|start|test)([\w:-]+)/g)].map(
        ([, name = '']) => name,
      ),
    );
    expect(named.filter((name) => !(name in npmScripts))).toEqual([]);
  });
});
