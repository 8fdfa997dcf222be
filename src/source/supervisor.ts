import type { Clock } from '../core/clock.ts';
import { createWarningThrottle, type Log } from '../core/log.ts';
import type { Source } from './freshness.ts';
import type { PollFailure } from './poll-failure.ts';
import type { Poller, PollResult } from './poller.ts';

/** What one polled source does in a round. */
export interface PolledSource<Answer> {
  readonly poller: Poller<Answer>;
  readonly source: Source;
}

/** Told how each poll of a round ended. */
export interface RoundListener<Answer> {
  answered(name: string, answer: Answer, startedAt: number): void;
  /** `changed`: the failure changed the source's freshness. */
  failed(name: string, changed: boolean, failure: PollFailure): void;
}

export interface SupervisorOptions<Answer> {
  readonly sources: readonly PolledSource<Answer>[];
  readonly clock: Clock;
  readonly log: Log;
  /** Asked before each round, with the number of polls it sends. */
  readonly startRound: (polls: number) => RoundListener<Answer>;
}

/** Sends the polls of a round together, and keeps each one's outcome apart from the others'. */
export interface Supervisor {
  /** Polls the named sources now; one that is still busy is left out. */
  poll(names: ReadonlySet<string>): void;
  /** As above, but one that is busy is polled again after: its answer may be older than the reason to ask. */
  pollAfresh(names: ReadonlySet<string>): void;
}

export function createSupervisor<Answer>(options: SupervisorOptions<Answer>): Supervisor {
  const { sources, clock, log, startRound } = options;
  const warn = createWarningThrottle(log, clock);
  const wantedAgain = new Set<string>();

  const finish = (
    polled: PolledSource<Answer>,
    result: PollResult<Answer>,
    round: RoundListener<Answer>,
  ): void => {
    const { name } = polled.poller;
    if (result.ok) {
      round.answered(name, result.answer, result.startedAt);
      return;
    }
    const { failure, open } = result;
    const { reason, message, detail } = failure;
    warn(`${name} ${reason}`, { source: name, reason, error: message, detail }, 'poll failed');
    round.failed(name, polled.source.failed(message, open ? 'down' : undefined), failure);
  };

  const poll = (names: ReadonlySet<string>): void => {
    const started = sources
      .filter(({ poller }) => names.has(poller.name))
      .map((polled) => ({ polled, outcome: polled.poller.poll() }));
    const running = started.flatMap(({ polled, outcome }) =>
      outcome === undefined ? [] : [{ polled, outcome }],
    );
    if (running.length === 0) return;
    const round = startRound(running.length);
    for (const { polled, outcome } of running) {
      const { name } = polled.poller;
      outcome
        .then((result) => {
          finish(polled, result, round);
          if (wantedAgain.delete(name)) poll(new Set([name]));
        })
        .catch((error: unknown) => log.error({ err: error, source: name }, 'poll result not applied'));
    }
  };

  return {
    poll,
    pollAfresh(names) {
      for (const { poller } of sources)
        if (names.has(poller.name) && poller.isBusy()) wantedAgain.add(poller.name);
      poll(names);
    },
  };
}
