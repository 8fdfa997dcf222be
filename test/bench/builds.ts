import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryBefore } from './scoreboard.ts';

/** A checkout of this project that has been built: what is measured. */
export interface Build {
  readonly folder: string;
  /** Where the scoreboard keeps what this build did. */
  entry(name: string): string;
}

export const thisBuild: Build = {
  folder: fileURLToPath(new URL('../..', import.meta.url)),
  entry: (name) => name,
};

/** For `parseArgs`: a folder with another built checkout, which is measured in turn with this one. */
export const beforeOption = { before: { type: 'string' } } as const;

/** What takes turns: the build before, if one is given, and this one. */
export function buildsOf(before: string | undefined): readonly Build[] {
  if (before === undefined) return [thisBuild];
  const folder = resolve(before);
  if (!existsSync(join(folder, 'dist/main.js')))
    throw new Error(`--before ${before}: there is no build in it`);
  return [{ folder, entry: entryBefore }, thisBuild];
}
