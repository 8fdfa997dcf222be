import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestScope } from './wait.ts';

export interface LogFolder {
  readonly directory: string;
  pathOf(name: string): string;
  append(name: string, text: string | Buffer): void;
}

/** A folder of log files. It is gone when the test is over. */
export function useLogFolder(test: TestScope): LogFolder {
  const directory = mkdtempSync(join(tmpdir(), 'streams-logs-'));
  test.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const pathOf = (name: string): string => join(directory, `${name}.log`);
  return { directory, pathOf, append: (name, text) => appendFileSync(pathOf(name), text) };
}
