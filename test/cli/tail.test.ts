import { describe, expect, it } from 'vitest';
import { readTailArguments } from '../../src/cli/commands.ts';
import { tail } from '../../src/cli/tail.ts';
import { nowhere, startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';

interface SomeDocument {
  readonly sources: { readonly state: { readonly status: string } };
}

async function runOnce(url: string, ...more: string[]) {
  const read = readTailArguments([url, '--once', ...more]);
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
  it('prints the WELCOME and succeeds where the state is fresh', async (test) => {
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

  it('fails where the engine has not spoken, and says why', async (test) => {
    const { wsUrl } = await useIn(test, startGateway({ engine: false }));
    const { code, printed, complaints } = await runOnce(wsUrl);
    expect(code).toBe(1);
    expect(JSON.parse(printed[0] ?? '').data).toMatchObject({
      status: 'INITIALIZING',
      sources: { state: { status: 'down' } },
    });
    expect(printed[0]).not.toContain('portfolio');
    expect(complaints.join()).toMatch(/^the state is initializing \(.*ECONNREFUSED.*\) – 127/);
  });

  it('fails where the engine is gone, and says what was known last', async (test) => {
    const gateway = await useIn(test, startGateway());
    await waitFor('the first state', async () => (await fetch(`${gateway.url}/readyz`)).ok);
    await gateway.engine.stop();
    await waitFor('the end of freshness', async () => {
      const { sources } = (await (await fetch(`${gateway.url}/api/telemetry`)).json()) as SomeDocument;
      return sources.state.status !== 'fresh';
    });
    const { code, printed, complaints } = await runOnce(gateway.wsUrl);
    expect(code).toBe(1);
    expect(JSON.parse(printed[0] ?? '').data).toMatchObject({ market: { symbol: 'SPY' } });
    expect(complaints.join()).toMatch(/^the state is (stale|down) \(.*\) – 127/);
  });

  it('with --any succeeds by a mere connection', async (test) => {
    const { wsUrl } = await useIn(test, startGateway({ engine: false }));
    const { code, printed, complaints } = await runOnce(wsUrl, '--any');
    expect([code, complaints]).toEqual([0, []]);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ type: 'WELCOME', granted: { mode: 'full' } });
  });

  it('fails where nobody answers, and says where', async () => {
    const { code, printed, complaints } = await runOnce(nowhere);
    expect(code).toBe(1);
    expect(printed).toEqual([]);
    expect(complaints.join()).toMatch(/no WELCOME within 2 s .* – 127\.0\.0\.1:9$/);
  });
});
