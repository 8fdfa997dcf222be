import type { Clock } from '../core/clock.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../core/log.ts';
import type { PollFailure } from './poll-failure.ts';
import type { Poller, PollResult } from './poller.ts';
import type { Source } from './source.ts';

/** A source and what polls it. */
export interface PolledSource<Answer> {
  readonly poller: Pick<Poller<Answer>, 'name' | 'poll' | 'isBusy'>;
  readonly source: Source;
}

/** Told how each poll of a round ended. */
export interface RoundListener<Answer> {
  answered(name: string, answer: Answer, startedAt: number): void;
  /** `changed`: the failure changed the source's freshness. */
  failed(name: string, changed: boolean, failure: PollFailure): void;
}

/** Starts the polls of a round together, and handles each outcome by itself. */
export class Supervisor<Answer> {
  readonly #sources: readonly PolledSource<Answer>[];
  readonly #startRound: (polls: number) => RoundListener<Answer>;
  readonly #log: Log;
  readonly #warn: WarningThrottle;
  readonly #wantedAgain = new Set<string>();

  /** @param startRound asked before each round, with the number of polls it sends */
  constructor(
    sources: readonly PolledSource<Answer>[],
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    startRound: (polls: number) => RoundListener<Answer>,
  ) {
    this.#sources = sources;
    this.#startRound = startRound;
    this.#log = log;
    this.#warn = createWarningThrottle(log, clock);
  }

  /** Polls the named sources now; one that is still busy is left out. */
  poll(names: ReadonlySet<string>): void {
    const running = this.#sources
      .filter(({ poller }) => names.has(poller.name))
      .flatMap((polled) => {
        const outcome = polled.poller.poll();
        return outcome === undefined ? [] : [{ polled, outcome }];
      });
    if (running.length === 0) return;
    const round = this.#startRound(running.length);
    for (const { polled, outcome } of running) {
      const { name } = polled.poller;
      outcome
        .then((result) => {
          this.#finish(polled, result, round);
          if (this.#wantedAgain.delete(name)) this.poll(new Set([name]));
        })
        .catch((error: unknown) => this.#log.error({ err: error, source: name }, 'poll result not applied'));
    }
  }

  /** As above, but one that is busy is polled again after: its answer may be older than the reason to ask. */
  pollAfresh(names: ReadonlySet<string>): void {
    for (const { poller } of this.#sources)
      if (names.has(poller.name) && poller.isBusy) this.#wantedAgain.add(poller.name);
    this.poll(names);
  }

  #finish(
    { poller: { name }, source }: PolledSource<Answer>,
    result: PollResult<Answer>,
    round: RoundListener<Answer>,
  ): void {
    if (result.ok) {
      round.answered(name, result.answer, result.startedAt);
      return;
    }
    const { failure, open } = result;
    const { reason, message, detail } = failure;
    this.#warn(`${name} ${reason}`, { source: name, reason, error: message, detail }, 'poll failed');
    round.failed(name, source.failed(message, open ? 'down' : undefined), failure);
  }
}
