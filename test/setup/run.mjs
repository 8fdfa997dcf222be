import { spawn } from 'node:child_process';
import { root } from './root.mjs';

/**
 * Runs a command in the repository's root and waits for its end.
 * `quiet` collects what it prints instead of showing it. 0 or no `timeoutMs` means no time limit.
 * Never rejects: `ok` tells whether it ended with 0, `output` what a quiet one printed, `reason` how it failed.
 */
export function run(command, args, { env = process.env, quiet = false, timeoutMs = 0 } = {}) {
  return new Promise((resolve) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
    const options = { cwd: root, env, stdio, timeout: timeoutMs, shell: needsShell(command) };
    const child = spawn(command, args, options);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ ok: false, output, reason: error.message }));
    child.on('close', (code, signal) => {
      resolve({ ok: code === 0, output, reason: `it ended with ${signal ?? `code ${code}`}` });
    });
  });
}

/** On Windows npm is a batch file, which only a shell can start. */
function needsShell(command) {
  return command === 'npm' && process.platform === 'win32';
}
