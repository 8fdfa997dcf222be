import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

/** Where the examples get the SDK from, once it is installed. */
export const sdkModules: Readonly<Record<string, string>> = {
  'telemetry-bff/client/msgpack': fileURLToPath(new URL('src/client/msgpack.ts', root)),
  'telemetry-bff/client': fileURLToPath(new URL('src/client/index.ts', root)),
  'telemetry-bff/react': fileURLToPath(new URL('src/client/react.ts', root)),
};

/** The code below a title in bold, as it stands in the README. */
export function exampleOf(title: string): string {
  const [, code] = new RegExp(`\\n\\*\\*${title}\\*\\*\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``).exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no example "${title}"`);
  return code;
}
