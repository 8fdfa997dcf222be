import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './lib/build.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { root } from './lib/root.mjs';

checkNodeVersion();
if (!(await ensurePackages()) || !(await ensureBuild())) process.exit(1);

// The same as `node dist/main.js demo …`, in this very process: signals and the exit code need no forwarding.
const main = join(root, 'dist/main.js');
process.argv = [process.execPath, main, 'demo', ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
