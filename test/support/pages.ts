import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = new URL('../../', import.meta.url);

/** A page of the documentation. */
export interface Page {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
  /** The text without its code blocks. */
  readonly prose: string;
}

const isThere = (path: string): boolean => existsSync(new URL(path, root));
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: fileURLToPath(root),
  encoding: 'utf8',
});

/** All pages of the repository. */
export const pages: readonly Page[] = listed
  .split('\n')
  .filter((path) => path !== '' && isThere(path))
  .map((path) => {
    const text = readFileSync(new URL(path, root), 'utf8');
    return { path, text, prose: text.replace(/^( *)```[\s\S]*?^\1```$/gm, '') };
  });

/** Whether a page may refer to this path, given from the root of the repository. */
export const isInRepository = isThere;

/** Where the examples get the SDK from, once it is installed. */
export const sdkModules: Readonly<Record<string, string>> = {
  'telemetry-bff/client/msgpack': fileURLToPath(new URL('src/client/msgpack.ts', root)),
  'telemetry-bff/client/share': fileURLToPath(new URL('src/client/share/index.ts', root)),
  'telemetry-bff/client/testing': fileURLToPath(new URL('src/client/testing.ts', root)),
  'telemetry-bff/client': fileURLToPath(new URL('src/client/index.ts', root)),
  'telemetry-bff/react': fileURLToPath(new URL('src/client/react.ts', root)),
};

/** What an application has beside the React example, to show it. */
export const mountExample = `
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
createRoot(document.body).render(<StrictMode><Price /></StrictMode>);
`;

/** The code below a title in bold, as it stands in one of the pages. */
export function exampleOf(title: string): string {
  const example = new RegExp(`\\n\\*\\*${title}\\*\\*[^\\n]*\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``);
  for (const { text } of pages) {
    const [, code] = example.exec(text) ?? [];
    if (code !== undefined) return code;
  }
  throw new Error(`no page has an example "${title}"`);
}

/** A block of code, or of what a program prints. */
export interface CodeBlock {
  /** The page and the line of it where the block begins, such as `README.md:14`. */
  readonly place: string;
  /** As the page says it; `''`: it does not. */
  readonly language: string;
  readonly code: string;
}

/** All of them, of all pages. */
export const codeBlocks: readonly CodeBlock[] = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/^( *)```(\S*)[^\n]*\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: language = '', 3: code = '' }) => ({
      place: `${path}:${text.slice(0, index).split('\n').length}`,
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  ),
);

/** The one code block of all pages in which this text stands. */
export function codeWith(text: string): string {
  const [block, ...others] = codeBlocks.filter(({ code }) => code.includes(text));
  if (block === undefined || others.length > 0) throw new Error(`there is not one code block with "${text}"`);
  return block.code;
}

/** An operator's token, made by the shell's lines for it as they stand in one of the pages. */
export async function makeTokenAsShown(secret: string): Promise<string> {
  const [script = ''] = codeWith('createHmac').split('\ncurl');
  const env = { ...process.env, AUTH_JWT_SECRET: secret };
  const { stdout } = await promisify(execFile)('bash', ['-c', `${script}\necho "$TOKEN"`], { env });
  return stdout.trim();
}

/** The rows of every table in a text whose head begins with these cells. */
export function tablesIn(text: string, ...head: readonly string[]): string[][] {
  return [...text.matchAll(/(?:^ *\|.*\|$\n?)+/gm)].flatMap(([table]) => {
    const [first = [], , ...rows] = table.trim().split('\n').map(cellsOf);
    return head.every((cell, index) => first[index] === cell) ? rows : [];
  });
}

const cellsOf = (row: string): string[] =>
  row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** Everything in backticks. */
export const names = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** The name by which links lead to a heading, as GitHub makes it. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** The headings of a page, by the names that links have for them. */
export function anchorsOf({ prose }: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose.matchAll(/^#+ (.+)$/gm)) {
    const name = slug(heading);
    let times = 0;
    while (anchors.has(times === 0 ? name : `${name}-${times}`)) times += 1;
    anchors.add(times === 0 ? name : `${name}-${times}`);
  }
  return anchors;
}
