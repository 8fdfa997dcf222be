import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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
  'telemetry-bff/client/testing': fileURLToPath(new URL('src/client/testing.ts', root)),
  'telemetry-bff/client': fileURLToPath(new URL('src/client/index.ts', root)),
  'telemetry-bff/react': fileURLToPath(new URL('src/client/react.ts', root)),
};

/** The code below a title in bold, as it stands in one of the pages. */
export function exampleOf(title: string): string {
  const example = new RegExp(`\\n\\*\\*${title}\\*\\*\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``);
  for (const { text } of pages) {
    const [, code] = example.exec(text) ?? [];
    if (code !== undefined) return code;
  }
  throw new Error(`no page has an example "${title}"`);
}

/** The one code block of all pages in which this text stands. */
export function codeWith(text: string): string {
  const blocks = pages.flatMap((page) =>
    [...page.text.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code),
  );
  const [code, ...others] = blocks.filter((block) => block.includes(text));
  if (code === undefined || others.length > 0) throw new Error(`there is not one code block with "${text}"`);
  return code;
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
