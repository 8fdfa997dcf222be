import { describe, expect, it } from 'vitest';
import { setUpCommands, watch } from './set-up.ts';

/** A hub that counts what it was to stand still for. */
function createUrgency() {
  const urgency = { begun: 0, ended: 0 };
  const hub = {
    standStill() {
      urgency.begun += 1;
      return () => {
        urgency.ended += 1;
      };
    },
  };
  return { urgency, hub };
}

describe('A command that is urgent', () => {
  it('is a HALT from the moment it comes until its outcome is told', async (test) => {
    const { urgency, hub } = createUrgency();
    const { engine, run } = await setUpCommands(test, { hub });
    const outcome = run('HALT');
    expect(urgency).toEqual({ begun: 1, ended: 0 });
    const request = await engine.next('HALT');
    expect(urgency).toEqual({ begun: 1, ended: 0 });
    request.answer();
    await outcome;
    expect(urgency).toEqual({ begun: 1, ended: 1 });
  });

  it('is each HALT that joins another, and one that fails', async (test) => {
    const { urgency, hub } = createUrgency();
    const { engine, run, passTimeUntil } = await setUpCommands(test, { hub });
    await engine.close();
    const seen = [watch(run('HALT')), watch(run('HALT'))];
    expect(urgency).toEqual({ begun: 2, ended: 0 });
    await passTimeUntil('their end', () => seen.every(({ outcome }) => outcome !== undefined));
    expect(urgency).toEqual({ begun: 2, ended: 2 });
  });

  it('is no RESUME', async (test) => {
    const { urgency, hub } = createUrgency();
    const { engine, run } = await setUpCommands(test, { hub });
    const outcome = run('RESUME');
    (await engine.next('RESUME')).answer();
    await outcome;
    expect(urgency).toEqual({ begun: 0, ended: 0 });
  });
});
