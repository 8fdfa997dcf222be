import { fileURLToPath } from 'node:url';
import { build, type InlineConfig } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A script for a browser page: this module with all that it imports.
 * @param input path of the module, or the name by which a plugin knows it
 */
export async function bundleScript(input: string, config: InlineConfig = {}): Promise<string> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    ...config,
    build: { write: false, target: 'es2022', rolldownOptions: { input } },
  });
  const outputs = [result].flat().flatMap((each) => ('output' in each ? each.output : []));
  return outputs.map((output) => (output.type === 'chunk' ? output.code : '')).join('');
}

/** With React as developers run it: StrictMode and `act` do their checks there only. */
export const inDevelopment: InlineConfig = {
  mode: 'development',
  define: { 'process.env.NODE_ENV': '"development"' },
};

/** A plugin for modules that are no files, by name. */
export function virtualModules(modules: Readonly<Record<string, string>>) {
  return {
    name: 'virtual-modules',
    enforce: 'pre' as const,
    resolveId: (id: string) => (id in modules ? id : undefined),
    load: (id: string) => modules[id],
  };
}
