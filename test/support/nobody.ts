import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from './gateway-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The user without rights of Debian, and of most others. */
const uid = 65534;

/** For a process of the program: as nobody, where this one is root's and nobody may read the program. */
export function nobody(): { readonly uid?: number } {
  if (process.getuid?.() !== 0) return {};
  if (isReadableByAll(`${root}${program}`)) return { uid };
  process.stdout.write(`the gateway runs as root: others may not read ${root}\n`);
  return {};
}

function isReadableByAll(file: string): boolean {
  if ((statSync(file).mode & 0o004) === 0) return false;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}
