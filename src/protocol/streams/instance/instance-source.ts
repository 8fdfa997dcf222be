import type { Cancel, Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import type { Engine } from '../../../source/engine.ts';
import { Poller } from '../../../source/poller.ts';
import type { Source } from '../../../source/source.ts';
import type { SourceBoard } from '../../../source/source-board.ts';
import { Supervisor } from '../../../source/supervisor.ts';
import { type ListedInstance, readInstances } from './instance.ts';
import { KnownInstances } from './instances.ts';

export interface InstanceSourceOptions {
  readonly engine: Pick<Engine, 'get'>;
  readonly board: Pick<SourceBoard, 'open'>;
  readonly feeds: Feeds;
  /** One poll, its retries included. */
  readonly pollTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

const name = 'instances';
const names: ReadonlySet<string> = new Set([name]);
const path = '/api/instances?include_archived=true';
/** A little under a second: a change that just missed a poll is on the wire within one all the same. */
const pollEveryMs = 950;

/** The engine's instances, polled at once, and about each second from then on. */
export class InstanceSource {
  readonly instances: KnownInstances;
  readonly #clock: Clock;
  readonly #source: Source;
  readonly #supervisor: Supervisor<ListedInstance[]>;
  readonly #stopPolls: Cancel;
  /** Those who wait for the first answer, and how each one's time is cancelled. */
  readonly #waiting = new Map<(answered: true) => void, Cancel>();
  #hasAnswered = false;
  #closed = false;

  constructor({ engine, board, feeds, pollTimeoutMs, clock, log, meter }: InstanceSourceOptions) {
    this.#clock = clock;
    this.instances = new KnownInstances(feeds, clock, meter);
    // Hidden: no other dialect shows how fresh these are.
    this.#source = board.open(name, { freshMs: () => 2 * pollEveryMs, hidden: true });
    const poller = new Poller<ListedInstance[]>({
      ...{ name, path, timeoutMs: pollTimeoutMs, engine, clock, meter },
      read: readInstances,
    });
    this.#supervisor = new Supervisor([{ poller, source: this.#source }], { clock, log }, () => ({
      answered: (_name, answer, startedAt) => this.#answered(answer, startedAt),
      failed: () => {},
    }));
    this.#supervisor.poll(names);
    this.#stopPolls = clock.every(pollEveryMs, () => this.#supervisor.poll(names));
  }

  /** Whether the engine has answered: at once, or when it does, but after `ms` at the latest. */
  answered(ms: number): Promise<boolean> {
    if (this.#hasAnswered) return Promise.resolve(true);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting.delete(resolve);
        resolve(false);
      };
      this.#waiting.set(resolve, this.#clock.after(ms, giveUp));
    });
  }

  /** Asks the engine now, and once more if it is being asked: events may have been missed. */
  pollAfresh(): void {
    this.#supervisor.pollAfresh(names);
  }

  /** Who still waits for the first answer is told nothing any more. */
  close(): void {
    this.#closed = true;
    this.#stopPolls();
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
    this.#source.close();
    this.instances.feed.close();
  }

  #answered(answer: readonly ListedInstance[], startedAt: number): void {
    if (this.#closed) return;
    this.#source.succeeded();
    this.instances.applyAnswer(answer, startedAt);
    this.#hasAnswered = true;
    for (const [tell, cancel] of this.#waiting) {
      cancel();
      tell(true);
    }
    this.#waiting.clear();
  }
}
