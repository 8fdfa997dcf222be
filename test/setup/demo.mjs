import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './build.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { ensurePackages } from './packages.mjs';
import { root } from './root.mjs';

checkNodeVersion();
if (!(await ensurePackages()) || !(await ensureBuild())) process.exit(1);
if (process.env.npm_lifecycle_event !== undefined) endWithNpm();

// The same as `node dist/main.js demo …`, in this very process: signals and the exit code need no forwarding.
const main = join(root, 'dist/main.js');
process.argv = [process.execPath, main, 'demo', ...process.argv.slice(2)];
await import(pathToFileURL(main).href);

/** A SIGTERM to npm ends the shell that npm runs its scripts in, and not the script: take that for the signal. */
function endWithNpm() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}
