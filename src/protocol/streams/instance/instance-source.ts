import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import type { Engine } from '../../../source/engine.ts';
import { Poller } from '../../../source/poller.ts';
import type { SourceBoard } from '../../../source/source-board.ts';
import { Supervisor } from '../../../source/supervisor.ts';
import { createFirstAnswer } from '../first-answer.ts';
import { type Instance, readInstances } from './instance.ts';
import type { InstanceEvent } from './instance-event.ts';
import { createInstances, type Instances } from './instances.ts';

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

/** The engine's instances, polled while there is somebody to be told. */
export interface InstanceSource {
  readonly instances: Instances;
  /** Whether the engine has answered: at once, or when it does, but after `ms` at the latest. */
  answered(ms: number): Promise<boolean>;
  /** False where there is no room for what the event says. */
  applyEvent(event: InstanceEvent, receivedAt: number): boolean;
  /** Asks the engine now, and once more if it is being asked: events may have been missed. */
  pollAfresh(): void;
  close(): void;
}

const name = 'instances';
const path = '/api/instances?include_archived=true';
/** A little under a second: a change that just missed a poll is on the wire within one all the same. */
const pollEveryMs = 950;

/** Polls at once, and about each second from then on. */
export function createInstanceSource(options: InstanceSourceOptions): InstanceSource {
  const { engine, board, feeds, pollTimeoutMs, clock, log, meter } = options;
  const instances = createInstances({ feeds, clock, meter });
  const firstAnswer = createFirstAnswer(clock);
  // Hidden: no other dialect shows how fresh these are.
  const source = board.open(name, { freshMs: () => 2 * pollEveryMs, hidden: true });
  const poller = new Poller<Instance[]>({
    ...{ name, path, timeoutMs: pollTimeoutMs, engine, clock, meter },
    read: readInstances,
  });
  const supervisor = new Supervisor<Instance[]>([{ poller, source }], { clock, log }, () => ({
    answered(_name, answer, startedAt) {
      if (closed) return;
      source.succeeded();
      instances.applyAnswer(answer, startedAt);
      firstAnswer.came();
    },
    failed: () => {},
  }));
  const names = new Set([name]);
  let closed = false;
  supervisor.poll(names);
  const stopPolls = clock.every(pollEveryMs, () => supervisor.poll(names));

  return {
    instances,
    answered: (ms) => firstAnswer.within(ms),
    applyEvent: (event, receivedAt) => instances.applyEvent(event, receivedAt),
    pollAfresh: () => supervisor.pollAfresh(names),
    close() {
      closed = true;
      stopPolls();
      firstAnswer.close();
      source.close();
      instances.feed.close();
    },
  };
}
