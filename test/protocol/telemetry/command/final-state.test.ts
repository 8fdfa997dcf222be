import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/clock.ts';
import { DemoEngine } from '../../../../src/demo/engine.ts';
import { CommandEngine } from '../../../../src/protocol/telemetry/command/engine.ts';
import type { CommandType } from '../../../../src/protocol/telemetry/command/order.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';
import { type ReceivedCommand, setUpCommands, watch } from './set-up.ts';

/** When the engine carries a command out that it has received: the worst a queue or a slow broker can do. */
type Fate = 'at once' | 'done with a late answer' | 'lost, and done late' | 'lost';

/** Honours keys as engines do: a repeated one has no second effect. */
function createModelEngine(fates: readonly Fate[]) {
  const late: (() => void)[] = [];
  const seen = new Set<string>();
  let status = 'ACTIVE';
  let count = 0;
  let resumeFate: Fate | undefined;
  const apply = ({ key, path }: ReceivedCommand): void => {
    if (seen.has(key)) return;
    seen.add(key);
    status = path.endsWith('halt') ? 'HALT' : 'ACTIVE';
  };
  const nextFate = (request: ReceivedCommand): Fate => {
    count += 1;
    const decided = request.path.endsWith('resume') ? resumeFate : undefined;
    if (decided !== undefined) resumeFate = undefined;
    return decided ?? fates[count - 1] ?? 'at once';
  };
  return {
    status: () => status,
    decideNextResume(fate: Fate): void {
      resumeFate = fate;
    },
    resumeDecided: () => resumeFate === undefined,
    handle(request: ReceivedCommand): void {
      const fate = nextFate(request);
      const act = (): void => {
        apply(request);
        request.answer();
      };
      if (fate === 'at once') act();
      else if (fate === 'done with a late answer') late.push(act);
      else request.drop();
      if (fate === 'lost, and done late') late.push(() => apply(request));
    },
    doLate: () => void late.shift()?.(),
    anyLate: () => late.length > 0,
  };
}

const fate = fc.constantFrom<Fate>('at once', 'done with a late answer', 'lost, and done late', 'lost');
const step = fc.constantFrom('HALT', 'RESUME', 'late', 'time');

describe('state of the engine after the last HALT', () => {
  it('is HALT, whatever the engine does late and whatever it loses', async () => {
    const fates = fc.array(fate, { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), fates, fate, async (steps, fates, lastFate) => {
        const ends: (() => unknown)[] = [];
        const scope: TestScope = { onTestFinished: (task) => void ends.unshift(task) };
        const { engine, run, clock, passTimeUntil, passTime } = await setUpCommands(scope);
        const model = createModelEngine(fates);
        engine.handle(model.handle);
        const ask = (command: CommandType): ReturnType<typeof watch> => watch(run(command));
        try {
          for (const next of steps) {
            if (next === 'late') model.doLate();
            else if (next === 'time') clock.advance(400);
            else ask(next);
            await networkTurns();
          }
          model.decideNextResume(lastFate);
          const resumed = ask('RESUME');
          await passTimeUntil('the RESUME', () => resumed.outcome !== undefined || model.resumeDecided());
          const halted = ask('HALT');
          await passTimeUntil('the outcome of HALT', () => halted.outcome);
          while (model.anyLate()) {
            await passTime(700);
            model.doLate();
          }
          await passTime(1500);
          await passTimeUntil('HALT', () => model.status() === 'HALT');
        } finally {
          for (const end of ends) await end();
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is HALT at the demo engine that answers RESUME slowly', async (test) => {
    const demo = new DemoEngine({ port: 0, stepMs: 60_000 });
    const { url } = await demo.start();
    await useIn(test, demo);
    demo.faults.apply({ kind: 'slow', path: '/api/system/resume', delayMs: 300 });
    const polls = { onStatus: () => () => {}, poll: () => undefined };
    const engine = new CommandEngine({ url, clock: systemClock, polls });
    const { run, log } = await setUpCommands(test, { engine });
    expect(await run('HALT')).toMatchObject({ ok: true, result: { status: 'HALT' } });
    const resumed = run('RESUME');
    await waitFor('the RESUME to take effect', () => demo.market.status() === 'ACTIVE');
    const halted = run('HALT');
    expect(await resumed).toMatchObject({ ok: false, code: 'SUPERSEDED' });
    expect(await halted).toMatchObject({ ok: true, result: { status: 'HALT' } });
    await waitFor('the confirmation', () =>
      log.entries.some(({ message }) => message.startsWith('HALT confirmed')),
    );
    expect(demo.market.status()).toBe('HALT');
  });
});

/** Enough for a request to be sent, most times: the order of things is free here, the end is not. */
async function networkTurns(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
