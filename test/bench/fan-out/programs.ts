import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Resource } from '../../support/wait.ts';

/** Paths of the programs of this folder, compiled for this run. */
export interface Programs extends Resource {
  readonly loadGenerator: string;
  readonly floor: string;
}

const sources = {
  'load-generator': ['load-generator.c', 'clients.c', 'common.c'],
  floor: ['floor.c', 'common.c'],
} as const;
/** As make has it. */
const compiler = process.env.CC ?? 'cc';
const folder = fileURLToPath(new URL('.', import.meta.url));

/** Throws where they cannot be built: they need Linux and a C compiler. */
export function compilePrograms(): Programs {
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (epoll, /proc)');
  const target = mkdtempSync(join(tmpdir(), 'telemetry-bff-bench-'));
  const stop = () => rmSync(target, { recursive: true, force: true });
  try {
    return {
      loadGenerator: compile(target, 'load-generator'),
      floor: compile(target, 'floor'),
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
}

function compile(target: string, name: keyof typeof sources): string {
  const program = join(target, name);
  const files = sources[name].map((file) => join(folder, file));
  const { error, status, stderr } = spawnSync(
    compiler,
    ['-O2', '-Wall', '-pthread', '-o', program, ...files],
    {
      encoding: 'utf8',
    },
  );
  if (error !== undefined) {
    throw new Error(`no C compiler: ${compiler} cannot be run (apt-get install gcc libc6-dev)`);
  }
  if (status !== 0) throw new Error(`${compiler} could not compile ${name}:\n${stderr}`);
  return program;
}
