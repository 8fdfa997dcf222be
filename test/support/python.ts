import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { findProgram, python } from '../setup/programs.mjs';
import { type TestScope, waitFor } from './wait.ts';

/** A Python program that runs until the test is over, or ends by itself. */
export interface PythonScript {
  readonly child: ChildProcessWithoutNullStreams;
  /** Waits for a line at or after this index; resolves with the index behind it. */
  says(what: string, pattern: RegExp | string, from?: number): Promise<number>;
}

/** Runs code with Debian's Python. Both of its outputs are read as one. */
export function runPython(test: TestScope, code: string): PythonScript {
  const child = spawn(findProgram(python) ?? '', ['-u', '-c', code]);
  test.onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const lines = (): string[] => output.trimEnd().split('\n');
  return {
    child,
    says: (what, pattern, from = 0) =>
      waitFor(
        what,
        () => {
          const index = lines().findIndex(
            (line, at) => at >= from && (typeof pattern === 'string' ? line === pattern : pattern.test(line)),
          );
          return index >= 0 && index + 1;
        },
        { state: () => lines().slice(-5) },
      ),
  };
}
