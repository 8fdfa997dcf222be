import type { Clock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { randomId } from '../../core/random.ts';
import { CommitTiming, commitTimingDefaults } from '../../feed/commit-timing.ts';
import type { HistoryBudget } from '../../feed/history.ts';
import { createStateFeed, type StateFeed } from '../../feed/state-feed.ts';
import type { EngineClient } from '../../source/engine-client.ts';
import type { EventListener } from '../../source/events.ts';
import type { SourceBoard } from '../../source/freshness.ts';
import { createPoller } from '../../source/poller.ts';
import { createSchedule, type Schedule } from '../../source/schedule.ts';
import { createSupervisor, type PolledSource } from '../../source/supervisor.ts';
import { Aggregate } from './aggregate.ts';
import { engineSources, Ownership } from './ownership.ts';
import { initialDocument } from './shape.ts';

/** A source besides the engine's three endpoints. */
export interface FurtherSource {
  readonly name: string;
  /** On the engine; starts with one slash. */
  readonly path: string;
  /** Section its answer is put in. Default: its keys are top-level keys. */
  readonly into?: string;
  /** node-cron expression. Default: polled with the others. */
  readonly everyCron?: string;
  /** Default: `pollTimeoutMs`. */
  readonly timeoutMs?: number;
}

export interface DocumentOptions {
  /** node-cron expression, seconds first. Default each second. */
  readonly pollCron: string;
  /** One poll, its retries included. Default 900. */
  readonly pollTimeoutMs: number;
  /** Commits a second from events, burst 5. 0: no cap. Default 20. */
  readonly maxRateHz: number;
  readonly furtherSources: readonly FurtherSource[];
}

export const documentDefaults: DocumentOptions = {
  pollCron: '* * * * * *',
  pollTimeoutMs: 900,
  maxRateHz: commitTimingDefaults.maxRateHz,
  furtherSources: [],
};

export interface DocumentDependencies {
  readonly client: EngineClient;
  readonly board: SourceBoard;
  readonly budget: HistoryBudget;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** The merged state of an engine: a feed, and the polls and events that move it. */
export interface TelemetryDocument {
  readonly feed: StateFeed;
  readonly onEvent: EventListener;
  /** The freshness of a source changed; `sources` shows it at once. */
  readonly sourcesChanged: () => void;
  /** Polls at once, then by schedule. */
  start(): void;
  /** Polls `state` out of turn. */
  pollState(): void;
  close(): void;
}

export function createTelemetryDocument(
  options: DocumentOptions,
  dependencies: DocumentDependencies,
): TelemetryDocument {
  const { client, board, budget, clock, log, meter } = dependencies;
  const allSources: readonly FurtherSource[] = [...engineSources, ...options.furtherSources];
  const feed = createStateFeed({ initial: initialDocument(clock.now()), epoch: randomId(), clock, budget });
  const ownership = new Ownership(allSources);
  const aggregate = new Aggregate({ feed, ownership, clock, log, meter });
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz: options.maxRateHz }, () => {
    // Read here, so that a change of freshness travels with the data it came with.
    feed.stage({ ...feed.pending, sources: board.states });
    feed.commit();
  });

  const schedules: Schedule[] = [];
  const polled = allSources.map(
    ({ name, path, everyCron, timeoutMs }): PolledSource<JsonObject> & { cron: string } => {
      const cron = everyCron ?? options.pollCron;
      const schedule = (): Schedule | undefined => schedules[crons.indexOf(cron)];
      return {
        cron,
        source: board.open(name, { freshMs: () => 2 * (schedule()?.periodMs() ?? 1000) }),
        poller: createPoller({
          name,
          path,
          timeoutMs: timeoutMs ?? options.pollTimeoutMs,
          client,
          clock,
          meter,
          read: (body) => aggregate.readAnswer(name, body),
        }),
      };
    },
  );
  const crons = [...new Set(polled.map(({ cron }) => cron))];
  const sourceOf = new Map(polled.map(({ poller, source }) => [poller.name, source]));

  const supervisor = createSupervisor<JsonObject>({
    sources: polled,
    clock,
    log,
    startRound(polls) {
      const round = timing.startRound(polls);
      return {
        answered(name, answer, startedAt) {
          aggregate.applyAnswer(name, answer, startedAt);
          const recovered = sourceOf.get(name)?.succeeded() ?? false;
          if (recovered && name === 'state') log.info({}, 'engine connected');
          round.answered();
        },
        missed: (_name, changed) => round.missed(changed),
      };
    },
  });
  const namesBy = (cron: string): ReadonlySet<string> =>
    new Set(polled.filter((source) => source.cron === cron).map(({ poller }) => poller.name));
  for (const cron of crons) {
    const names = namesBy(cron);
    schedules.push(createSchedule({ expression: cron, log, onTick: () => supervisor.poll(names) }));
  }
  const stopExpiry = board.onExpiry(() => timing.now());
  feed.stage({ ...feed.pending, sources: board.states });
  feed.commit();

  return {
    feed,
    onEvent(message) {
      if (aggregate.applyEvent(message, clock.monotonic())) timing.event();
    },
    sourcesChanged: () => timing.now(),
    start() {
      supervisor.poll(new Set(sourceOf.keys()));
      for (const schedule of schedules) schedule.start();
    },
    pollState: () => supervisor.poll(new Set(['state'])),
    close() {
      for (const schedule of schedules) schedule.stop();
      stopExpiry();
      timing.stop();
      feed.close();
    },
  };
}
