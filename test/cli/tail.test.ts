import { describe, expect, it } from 'vitest';
import { tail } from '../../src/cli/tail.ts';
import { readTailArguments } from '../../src/cli/tail-arguments.ts';
import { nowhere, startGateway } from '../support/gateway.ts';
import { useIn } from '../support/wait.ts';

async function runOnce(url: string) {
  const read = readTailArguments([url, '--once']);
  if (typeof read === 'string') throw new Error(read);
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await tail(read, {
    print: (text) => printed.push(text),
    complain: (text) => complaints.push(text),
    colour: false,
  });
  return { code, printed, complaints };
}

describe('tail --once', () => {
  it('prints the WELCOME and succeeds', async (test) => {
    const { wsUrl } = await useIn(test, startGateway());
    const { code, printed } = await runOnce(wsUrl);
    expect(code).toBe(0);
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({
      type: 'WELCOME',
      granted: { mode: 'full' },
      data: { market: {} },
    });
  });

  it('fails where nobody answers, and says where', async () => {
    const { code, printed, complaints } = await runOnce(nowhere);
    expect(code).toBe(1);
    expect(printed).toEqual([]);
    expect(complaints.join()).toMatch(/no WELCOME within 2 s .* – 127\.0\.0\.1:9$/);
  });
});
