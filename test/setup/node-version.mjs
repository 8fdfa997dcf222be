import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Ends the process with a clear message where Node is older than package.json's `engines` asks for. */
export function checkNodeVersion() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = numbers(engines.node);
  const [ownMajor, ownMinor] = numbers(process.version);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(
    `Node ${major}.${minor} or newer is needed, and this is ${process.version}. Install one from https://nodejs.org and try again.`,
  );
  process.exit(1);
}

function numbers(version) {
  return version.match(/\d+/g).map(Number);
}
