import { describe, expect, it } from 'vitest';
import { PollFailure } from '../../src/source/poll-failure.ts';
import type { PollResult } from '../../src/source/poller.ts';
import { type RoundListener, Supervisor } from '../../src/source/supervisor.ts';
import { createTestContext } from '../support/context.ts';
import { waitFor } from '../support/wait.ts';

const names = ['state', 'agents', 'models'] as const;
type Name = (typeof names)[number];
const all = new Set<string>(names);

function setUp() {
  const { clock, log, board } = createTestContext();
  const finish = new Map<string, (result: PollResult<string>) => void>();
  const rounds: { polls: number; heard: string[] }[] = [];
  const supervisor = new Supervisor<string>(
    names.map((name) => ({
      source: board.open(name, { freshMs: () => 2000 }),
      poller: {
        name,
        poll: () => (finish.has(name) ? undefined : new Promise((resolve) => finish.set(name, resolve))),
        get isBusy() {
          return finish.has(name);
        },
      },
    })),
    { clock, log },
    (polls): RoundListener<string> => {
      const heard: string[] = [];
      rounds.push({ polls, heard });
      return {
        answered(name, answer, startedAt) {
          if (answer === 'poison') throw new Error('cannot be applied');
          heard.push(`${name}=${answer}@${startedAt}`);
        },
        failed: (name, changed) => void heard.push(`${name} failed${changed ? ', changed' : ''}`),
      };
    },
  );
  const end = (name: Name, result: PollResult<string>): void => {
    const resolve = finish.get(name);
    finish.delete(name);
    resolve?.(result);
  };
  const heard = async (count: number): Promise<string[]> =>
    await waitFor(`${count} outcomes`, () => {
      const lines = rounds.flatMap((round) => round.heard);
      return lines.length === count ? lines : undefined;
    });
  return { supervisor, board, log, rounds, end, heard, busy: finish };
}

const good = (answer: string, startedAt = 1): PollResult<string> => ({ ok: true, answer, startedAt });
const bad = (open = false): PollResult<string> => ({
  ok: false,
  open,
  failure: new PollFailure('status', 'HTTP 500', { detail: 'more' }),
});

describe('Supervisor', () => {
  it('sends the polls of a round together, and tells each outcome as it comes', async () => {
    const { supervisor, rounds, end, heard, busy } = setUp();
    supervisor.poll(all);
    expect([...busy.keys()]).toEqual(names);
    expect(rounds).toEqual([{ polls: 3, heard: [] }]);
    end('models', good('m'));
    expect(await heard(1)).toEqual(['models=m@1']);
    end('state', good('s'));
    expect(await heard(2)).toEqual(['models=m@1', 'state=s@1']);
  });

  it('lets a slow poller hold up no other, for as many rounds as it takes', async () => {
    const { supervisor, rounds, end, heard } = setUp();
    supervisor.poll(all);
    for (let round = 1; round <= 5; round++) {
      end('agents', good('a', round));
      end('models', good('m', round));
      await heard(round * 2);
      supervisor.poll(all);
    }
    expect(rounds.map(({ polls }) => polls)).toEqual([3, 2, 2, 2, 2, 2]);
    end('state', good('late', 0));
    await heard(11);
    expect(rounds[0]?.heard).toContain('state=late@0');
  });

  it('starts no round where every poller is busy or nothing is asked for', () => {
    const { supervisor, rounds } = setUp();
    supervisor.poll(all);
    supervisor.poll(all);
    supervisor.poll(new Set(['unknown']));
    supervisor.poll(new Set());
    expect(rounds).toHaveLength(1);
  });

  it('notes a failure with its source, and says whether that changed its freshness', async () => {
    const { supervisor, board, end, heard } = setUp();
    supervisor.poll(all);
    end('state', bad());
    expect(await heard(1)).toEqual(['state failed, changed']);
    expect(board.states.state).toMatchObject({ status: 'down', error: 'HTTP 500' });
    expect(board.states.agents).not.toHaveProperty('error');
    supervisor.poll(all);
    end('state', bad());
    expect(await heard(2)).toContain('state failed');
  });

  it('takes a source whose breaker is open for down, whatever its age', async () => {
    const { supervisor, board, end, heard } = setUp();
    supervisor.poll(new Set(['state']));
    end('state', good('s'));
    await heard(1);
    // Who applies the answer tells the source.
    supervisor.poll(new Set(['state']));
    end('state', bad(true));
    await heard(2);
    expect(board.states.state?.status).toBe('down');
  });

  it('logs a failure once in five seconds for each source and reason', async () => {
    const { supervisor, log, end, heard } = setUp();
    for (let poll = 1; poll <= 10; poll++) {
      supervisor.poll(new Set(['state']));
      end('state', bad());
      await heard(poll);
    }
    const warnings = log.entries.filter(({ message }) => message === 'poll failed');
    expect(warnings).toEqual([
      {
        level: 'warn',
        message: 'poll failed',
        fields: { source: 'state', reason: 'status', error: 'HTTP 500', detail: 'more' },
      },
    ]);
  });

  it('goes on after an answer that could not be applied', async () => {
    const { supervisor, log, end, heard } = setUp();
    supervisor.poll(all);
    end('state', good('poison'));
    await waitFor('the log', () => log.entries.find(({ message }) => message === 'poll result not applied'));
    supervisor.poll(all);
    end('state', good('s'));
    expect(await heard(1)).toEqual(['state=s@1']);
  });

  it('polls a busy source again after, where it was asked for afresh, and once however often', async () => {
    const { supervisor, end, heard, busy } = setUp();
    supervisor.poll(new Set(['state']));
    supervisor.pollAfresh(new Set(['state']));
    supervisor.pollAfresh(new Set(['state']));
    end('state', good('old'));
    await heard(1);
    expect([...busy.keys()]).toEqual(['state']);
    end('state', good('new'));
    expect(await heard(2)).toEqual(['state=old@1', 'state=new@1']);
    expect([...busy.keys()]).toEqual([]);
  });

  it('polls an idle source at once, and only once, where it is asked for afresh', async () => {
    const { supervisor, end, heard, busy } = setUp();
    supervisor.pollAfresh(new Set(['state']));
    end('state', good('new'));
    expect(await heard(1)).toEqual(['state=new@1']);
    expect([...busy.keys()]).toEqual([]);
  });
});
