import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CodeBlock, codeBlocks, exampleOf } from './pages.ts';

const root = new URL('../../', import.meta.url);

/** The sources of the tests. */
function testSources(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', 'test/*.ts'];
  const listed = execFileSync('git', args, { cwd: fileURLToPath(root), encoding: 'utf8' });
  return [...new Set(listed.trimEnd().split('\n'))]
    .filter((path) => !path.startsWith('test/bench/'))
    .map((path) => readFileSync(new URL(path, root), 'utf8'));
}

const argumentsOf = (name: string, source: string): string[] =>
  [...source.matchAll(new RegExp(`\\b${name}\\(\\s*(['"])((?:(?!\\1).)*)\\1`, 'g'))].map(
    ([, , text = '']) => text,
  );

/** The blocks that some test takes from their page, by the words with which `codeWith` and `exampleOf` are called. */
export const claimedBlocks: ReadonlySet<CodeBlock> = new Set(
  testSources().flatMap((source) => {
    const parts = argumentsOf('codeWith', source);
    const wholes = argumentsOf('exampleOf', source).map(exampleOf);
    return codeBlocks.filter(
      ({ code }) => parts.some((part) => code.includes(part)) || wholes.includes(code),
    );
  }),
);
