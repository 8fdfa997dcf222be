import { Poller } from '../../../source/poller.ts';
import { Schedule } from '../../../source/schedule.ts';
import { type PolledSource, Supervisor } from '../../../source/supervisor.ts';
import { type FurtherSource, type TelemetrySettings, telemetrySettings } from '../settings.ts';
import { symbolOf } from './aggregate.ts';
import { createMerge, type DocumentDependencies, type TelemetryDocument } from './merged-document.ts';
import type { Normalised } from './normalise.ts';
import { engineSources, Ownership } from './ownership.ts';
import type { PolledState, StatusListener } from './polled-state.ts';
import { initialDocument } from './shape.ts';
import { Standstill } from './standstill.ts';
import { urgencyOf } from './urgency.ts';

/** The engine's default document, with all of its sources. */
export interface EngineDocument extends TelemetryDocument {
  readonly ownership: Ownership;
  /** How long two runs of the main schedule are apart, in ms. */
  readonly periodMs: () => number;
  /** Whether the state is polled with success, whether or not it moves. */
  readonly isAnswering: () => boolean;
  /** Tells the answer of each poll of the state. */
  readonly onStatus: PolledState['onStatus'];
  /** Calls the listener with each run of the main schedule. Returns how to stop. */
  onTick(listener: () => void): () => void;
}

export function createEngineDocument(
  settings: TelemetrySettings,
  dependencies: DocumentDependencies,
): EngineDocument {
  const { client, board, clock, log, meter } = dependencies;
  const sources: readonly FurtherSource[] = [...engineSources, ...settings.sources];
  const ownership = new Ownership(sources);
  const tickListeners = new Set<() => void>();
  const statusListeners = new Set<StatusListener>();
  const schedules = new Map<string, Schedule>();
  const cronOf = ({ everyCron = settings.POLL_CRON }: FurtherSource): string => everyCron;
  const periodOf = (cron: string): number => schedules.get(cron)?.periodMs() ?? 1000;

  const periodMs = (): number => periodOf(settings.POLL_CRON);

  const merge = createMerge(
    {
      name: telemetrySettings.name,
      initial: initialDocument(clock.now()),
      write: () => startPolls(),
      ownership,
      maxRateHz: settings.MAX_RATE_HZ,
      periodMs,
      states: () => board.states,
      complete: (document, sources) => ({ ...document, sources }),
    },
    dependencies,
  );
  const { feed, aggregate, timing } = merge;
  const standstill = new Standstill({ maxAgeMs: settings.STATE_MAX_AGE_MS, periodMs, clock });
  const polled = new Map<string, PolledSource<Normalised>>();
  for (const source of sources) {
    const { name, path, timeoutMs = settings.POLL_TIMEOUT_MS } = source;
    polled.set(name, {
      source: board.open(name, { freshMs: () => 2 * periodOf(cronOf(source)), required: name === 'state' }),
      poller: new Poller({
        name,
        path,
        timeoutMs,
        engine: client,
        clock,
        meter,
        read: (body) => aggregate.readAnswer(name, body),
      }),
    });
  }
  const supervisor = new Supervisor<Normalised>([...polled.values()], { clock, log }, (polls) => {
    const round = timing.startRound(polls);
    return {
      answered(name, answer, startedAt) {
        aggregate.applyAnswer(name, answer, startedAt);
        const source = polled.get(name)?.source;
        const wasAnswering = source?.isAnswering;
        source?.note(aggregate.notesOf(name));
        source?.succeeded(name === 'state' ? standstill.answered(answer.document) : undefined);
        if (name === 'state') {
          if (wasAnswering === false) log.info({}, 'engine connected');
          for (const listener of statusListeners) listener(answer.document.status, startedAt);
        }
        round.answered();
      },
      failed: (_name, changed) => round.failed(changed),
    };
  });
  for (const cron of new Set([settings.POLL_CRON, ...sources.map(cronOf)])) {
    const names = new Set(sources.filter((source) => cronOf(source) === cron).map(({ name }) => name));
    const onTick = (): void => {
      supervisor.poll(names);
      if (cron === settings.POLL_CRON) for (const listener of tickListeners) listener();
    };
    schedules.set(cron, new Schedule(cron, clock, log, onTick));
  }
  /** All at once, then by schedule. */
  const startPolls = (): (() => void) => {
    supervisor.poll(new Set(polled.keys()));
    for (const schedule of schedules.values()) schedule.start();
    return () => {
      for (const schedule of schedules.values()) schedule.stop();
    };
  };
  const stopSources = board.onChange((name, change) => {
    // What an event has noted of a source that is polled here is told with the event, at its rate.
    if (change !== 'turned' && !(change === 'noted' && polled.has(name))) timing.soon();
  });
  // From here on the document shows every source, all of them down.
  timing.now();

  return {
    feed,
    ownership,
    get spokenSince() {
      return merge.spokenSince;
    },
    get symbol() {
      return symbolOf(feed.pending);
    },
    periodMs,
    applyEvent(event, receivedAt, bytes) {
      if (!aggregate.applyEvent(event, receivedAt, bytes)) return false;
      for (const [name, { source }] of polled) source.note(aggregate.notesOf(name));
      timing.event(urgencyOf(feed.pending, feed.current.document).includes('now'));
      return true;
    },
    isAnswering: () => polled.get('state')?.source.isAnswering ?? false,
    onStatus(listener) {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    pollState: () => supervisor.pollAfresh(new Set(['state'])),
    onTick(listener) {
      tickListeners.add(listener);
      return () => tickListeners.delete(listener);
    },
    close() {
      stopSources();
      merge.stop();
    },
  };
}
