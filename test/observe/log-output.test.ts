import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LogOutput } from '../../src/observe/logger.ts';
import { type TestScope, waitFor } from '../support/wait.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lostLine = (lost: number) => `lost ${lost}\n`;

function fileIn(test: TestScope) {
  const folder = mkdtempSync(join(tmpdir(), 'log-output-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const name = join(folder, 'log');
  return { fd: openSync(name, 'a'), text: () => readFileSync(name, 'utf8') };
}

function written(output: LogOutput): Promise<void> {
  return new Promise((resolve) => output.flush(resolve));
}

/** Runs a script that has an output to its standard output. */
const script = (lines: string) => [
  '--import',
  'tsx',
  '--input-type=module',
  '--eval',
  `
    import { LogOutput } from './src/observe/logger.ts';
    const output = new LogOutput({ maxWaitingBytes: 300_000, lostLine: (lost) => 'lost ' + lost + '\\n' });
    ${lines}`,
];

describe('LogOutput', () => {
  it('writes every line, in order', async (test) => {
    const { fd, text } = fileIn(test);
    const output = new LogOutput({ fd, lostLine });
    const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'x'.repeat(index % 100)}\n`);
    for (const line of lines) output.write(line);
    await written(output);
    expect(text()).toBe(lines.join(''));
  });

  it('loses what is too much, and says how much that was', async (test) => {
    const { fd, text } = fileIn(test);
    const output = new LogOutput({ fd, maxWaitingBytes: 100, lostLine });
    for (let index = 0; index < 20; index += 1) output.write(`${'x'.repeat(19)}\n`);
    await written(output);
    const lines = text().split('\n').slice(0, -1);
    expect(lines.at(-1)).toBe(`lost ${20 - (lines.length - 1)}`);
    expect(lines.length).toBeLessThan(10);
    output.write('later\n');
    await written(output);
    expect(text().endsWith('\nlater\n')).toBe(true);
  });

  it('writes what is left at the end of the process', async () => {
    const lines =
      "for (let index = 0; index < 1000; index += 1) output.write(index + '\\n'); process.exit(0)";
    const { stdout } = await promisify(execFile)(process.execPath, script(lines), { cwd: root });
    expect(stdout === '' || stdout.startsWith('0\n')).toBe(true);
  });

  it('holds nobody up while its reader does not read, and goes on when it does', async (test) => {
    const child = spawn(
      process.execPath,
      script(`
        for (let index = 0; index < 50_000; index += 1) output.write('line ' + index + ' ' + 'x'.repeat(40) + '\\n');
        process.stderr.write('on with it');
        const timer = setInterval(() => output.write('still here\\n'), 5);
        process.stdin.once('data', () => clearInterval(timer)).unref?.();`),
      { cwd: root, stdio: 'pipe' },
    );
    test.onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await waitFor('the process to go on', () => stderr === 'on with it');
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    await waitFor('what was lost to be told', () => /\nlost \d+\n/.test(stdout));
    await waitFor('lines after that', () => stdout.endsWith('still here\n'));
    expect(stdout.startsWith('line 0 ')).toBe(true);
  });
});
