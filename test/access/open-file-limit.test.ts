import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectionsPossible } from '../../src/access/open-file-limit.ts';

describe('connectionsPossible', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-bff-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function possible(line: string): number | undefined {
    const file = join(folder, 'limits');
    writeFileSync(file, `Limit  Soft Limit  Hard Limit  Units\n${line}\n`);
    return connectionsPossible(file);
  }

  it('leaves 200 of the soft limit for everything else', () => {
    expect(possible('Max open files            1024                 524288               files')).toBe(824);
  });

  it('leaves one place however low the limit is', () => {
    expect(possible('Max open files            64                   64                   files')).toBe(1);
  });

  it('does not know where there is no limit to be read', () => {
    expect(possible('Max open files            unlimited            unlimited            files')).toBe(
      undefined,
    );
    expect(connectionsPossible(join(folder, 'missing'))).toBe(undefined);
  });
});
