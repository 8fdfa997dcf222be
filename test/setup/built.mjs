import { ensureBuild } from './build.mjs';

/** Vitest's global set-up of the tests that run the program or open its pages: both come from dist/. */
export async function setup() {
  if (!(await ensureBuild())) throw new Error('npm run build failed');
}
