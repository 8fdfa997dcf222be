import { describe, expect, it } from 'vitest';
import { CommandWatch } from '../../../../src/protocol/telemetry/command/watch.ts';
import { StateRemarks } from '../../../../src/protocol/telemetry/document/state-remarks.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { createMemoryLog } from '../../../support/memory-log.ts';
import type { TestScope } from '../../../support/wait.ts';
import { scriptedPolls, trader } from './set-up.ts';

const bob = { ...trader, principal: { ...trader.principal, subject: 'bob' } };

function setUp(test: TestScope, { tellsWho = true } = {}) {
  const clock = createManualClock();
  const polls = scriptedPolls(clock);
  const remarks = new StateRemarks();
  const [audit, log] = [createMemoryLog(), createMemoryLog()];
  const watch = new CommandWatch({ polls, remarks, clock, audit, log, tellsWho });
  test.onTestFinished(() => watch.stop());
  return {
    clock,
    polls,
    remarks,
    audit,
    log,
    acked: (type: 'HALT' | 'RESUME', { reason = 'drill', isBegun = false, sender = trader } = {}) =>
      watch.acked({ type, reason, requestId: 'r', sender }, isBegun),
    pollAfter(ms: number, status: string) {
      clock.advance(ms);
      polls.answer(status);
    },
  };
}

describe('An acknowledged command', () => {
  it.for([
    ['HALT', 'ACTIVE'],
    ['HALT', 'RUNNING'],
    ['RESUME', 'HALT'],
  ] as const)(
    '%s is contradicted by two polls that say %s, the second 3 s after it',
    ([command, status], test) => {
      const { acked, pollAfter, remarks, audit, log } = setUp(test);
      acked(command);
      pollAfter(10, status);
      pollAfter(2989, status);
      expect(remarks.current.contradicted).toBeUndefined();
      pollAfter(1, status);
      expect(remarks.current.contradicted).toBe(true);
      pollAfter(1000, status);
      expect(audit.entries).toMatchObject([
        {
          fields: {
            audit: true,
            command,
            outcome: 'CONTRADICTED',
            subject: 'trader',
            request_id: 'r',
            status,
          },
        },
      ]);
      expect(log.entries).toMatchObject([{ level: 'error', fields: { command, status } }]);
    },
  );

  it('is not contradicted by one poll alone, however late', (test) => {
    const { acked, pollAfter, remarks } = setUp(test);
    acked('HALT');
    pollAfter(60_000, 'ACTIVE');
    expect(remarks.current.contradicted).toBeUndefined();
    pollAfter(1000, 'ACTIVE');
    expect(remarks.current.contradicted).toBe(true);
  });

  it('has 10 s where the engine said that it only begins', (test) => {
    const { acked, pollAfter, remarks } = setUp(test);
    acked('HALT', { isBegun: true });
    for (let second = 1; second < 10; second += 1) pollAfter(1000, 'ACTIVE');
    expect(remarks.current.contradicted).toBeUndefined();
    pollAfter(1000, 'ACTIVE');
    expect(remarks.current.contradicted).toBe(true);
  });

  it('is not contradicted by polls begun before it, nor by other words', (test) => {
    const { acked, pollAfter, polls, clock, remarks } = setUp(test);
    const before = clock.monotonic();
    clock.advance(5);
    acked('HALT');
    clock.advance(4000);
    polls.answer('ACTIVE', before);
    for (const word of ['INITIALIZING', 'DEGRADED', 'DRAINING']) pollAfter(1000, word);
    pollAfter(1000, 'ACTIVE');
    expect(remarks.current.contradicted).toBeUndefined();
  });

  it('is contradicted no longer once the engine agrees', (test) => {
    const { acked, pollAfter, remarks } = setUp(test);
    acked('HALT');
    pollAfter(10, 'ACTIVE');
    pollAfter(3000, 'ACTIVE');
    expect(remarks.current.contradicted).toBe(true);
    pollAfter(1000, 'HALTED');
    expect(remarks.current.contradicted).toBeUndefined();
    // Somebody resumed it later: that is no contradiction.
    for (let poll = 0; poll < 10; poll += 1) pollAfter(1000, 'ACTIVE');
    expect(remarks.current.contradicted).toBeUndefined();
  });

  it('is no longer watched once another one is acknowledged', (test) => {
    const { acked, pollAfter, remarks } = setUp(test);
    acked('HALT');
    pollAfter(10, 'ACTIVE');
    pollAfter(3000, 'ACTIVE');
    acked('RESUME');
    expect(remarks.current).toEqual({});
    pollAfter(3000, 'ACTIVE');
    expect(remarks.current).toEqual({});
  });

  it('is contradicted in time although it is repeated, and stays so', (test) => {
    const { acked, pollAfter, remarks } = setUp(test);
    for (let second = 0; second < 4; second += 1) {
      acked('HALT');
      pollAfter(1000, 'ACTIVE');
    }
    expect(remarks.current.contradicted).toBe(true);
    acked('HALT');
    expect(remarks.current.contradicted).toBe(true);
  });

  it('is shown to be contradicted with the halt, where the engine was restarted and goes on', (test) => {
    const { acked, pollAfter, remarks } = setUp(test);
    acked('HALT');
    pollAfter(1000, 'INITIALIZING');
    for (let second = 0; second < 5; second += 1) pollAfter(1000, 'ACTIVE');
    expect(remarks.current).toMatchObject({ contradicted: true, halt: { by: 'trader' } });
  });

  it('has the state polled when it is time to judge, whatever the schedule is', (test) => {
    const { acked, clock, polls } = setUp(test);
    acked('HALT');
    clock.advance(3000);
    expect(polls.asked).toBe(1);
  });
});

describe('A halt', () => {
  it('is shown with who, why and since when, until a RESUME is acknowledged', (test) => {
    const { acked, clock, remarks, pollAfter } = setUp(test);
    const at = new Date(clock.now()).toISOString();
    acked('HALT');
    expect(remarks.current).toEqual({ halt: { by: 'trader', role: 'operator', reason: 'drill', at } });
    pollAfter(1000, 'HALT');
    acked('HALT', { reason: 'again', sender: bob });
    expect(remarks.current.halt).toMatchObject({ by: 'trader', at });
    acked('RESUME');
    expect(remarks.current).toEqual({});
  });

  it('says neither who nor why where everyone may look', (test) => {
    const { acked, remarks, clock } = setUp(test, { tellsWho: false });
    const at = new Date(clock.now()).toISOString();
    acked('HALT');
    expect(remarks.current).toEqual({ halt: { role: 'operator', at } });
  });

  it('is over after two polls that say ACTIVE, after one that did not', (test) => {
    const { acked, remarks, pollAfter } = setUp(test);
    acked('HALT');
    pollAfter(100, 'ACTIVE');
    pollAfter(100, 'ACTIVE');
    expect(remarks.current.halt).toBeDefined();
    pollAfter(100, 'HALT');
    pollAfter(1000, 'ACTIVE');
    pollAfter(1000, 'HALT');
    pollAfter(1000, 'ACTIVE');
    expect(remarks.current.halt).toBeDefined();
    pollAfter(1000, 'ACTIVE');
    expect(remarks.current.halt).toBeUndefined();
  });

  it('is that of the newest HALT where the engine went on after the first', (test) => {
    const { acked, remarks, pollAfter } = setUp(test);
    acked('HALT');
    pollAfter(10, 'ACTIVE');
    pollAfter(3000, 'ACTIVE');
    acked('HALT', { sender: bob });
    expect(remarks.current).toMatchObject({ halt: { by: 'bob' } });
  });
});
