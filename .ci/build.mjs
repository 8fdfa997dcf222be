import { build } from './lib/build.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensurePackages } from './lib/packages.mjs';

checkNodeVersion();
const done = (await ensurePackages()) && (await build());
process.exitCode = done ? 0 : 1;
