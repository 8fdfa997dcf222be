import type { JsonObject } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { Round } from '../../../feed/commit-timing.ts';
import type { PollFailure } from '../../../source/poll-failure.ts';
import type { Source } from '../../../source/source.ts';
import { SourceBoard } from '../../../source/source-board.ts';
import { telemetrySettings } from '../settings.ts';
import { Document, type DocumentContext } from './document.ts';
import type { Normalised } from './normalise.ts';
import { engineSources } from './ownership.ts';

/** Symbols are no metric labels, and `state` there is the engine's. */
const silentMeter: Meter = { count: () => {}, gauge: () => {}, forget: () => {}, observe: () => {} };
/** Nor is the freshness of a symbol logged, only its failed polls. */
const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const ownPolls: ReadonlySet<string> = new Set(['symbol_state']);

/**
 * The document of one symbol: a state of its own, polled while it has viewers, and the shared sections of the engine's
 * document.
 */
export class SymbolDocument extends Document {
  readonly #board: SourceBoard;
  readonly #state: Source;
  #isAwake = false;
  #settled = Promise.resolve();
  /** Resolves `settled`; undefined once it is. */
  #settle: (() => void) | undefined;
  #isUnknown = false;
  readonly #unknownListeners = new Set<() => void>();

  constructor(ofSymbol: { readonly symbol: string; readonly shared: JsonObject }, context: DocumentContext) {
    const { symbol } = ofSymbol;
    const board = new SourceBoard({ clock: context.clock, log: silentLog, meter: silentMeter });
    const source = board.open('state', { freshMs: () => 2 * context.periodMs() });
    const path = `${engineSources[0].path}?${new URLSearchParams({ symbol })}`;
    super(
      {
        ...{ feedName: `${telemetrySettings.name}/${symbol}`, board, ofSymbol },
        polled: [{ name: 'state', label: 'symbol_state', source, path, lane: 'keyed' }],
      },
      context,
    );
    this.#board = board;
    this.#state = source;
    this.wake();
  }

  /** Resolves with the first answer or failure since it was opened or woken. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** The engine says there is no such symbol. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Calls the listener when the engine says so. Returns how to stop listening. */
  onUnknown(listener: () => void): () => void {
    this.#unknownListeners.add(listener);
    return () => this.#unknownListeners.delete(listener);
  }

  /** It has a viewer, the first one or again. */
  wake(): void {
    this.#isAwake = true;
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#state.resume();
    // Its age must show at once, not only when the change of freshness is gathered.
    this.timing.now();
    this.poll();
  }

  /** It has no viewers: keeps its state, and stops polling. */
  rest(): void {
    this.#isAwake = false;
    this.#state.pause();
  }

  override poll(labels = ownPolls): void {
    if (this.#isAwake) super.poll(labels);
  }

  override pollAfresh(labels = ownPolls): void {
    if (this.#isAwake) super.pollAfresh(labels);
  }

  protected override answered(label: string, answer: Normalised, startedAt: number, round: Round): void {
    super.answered(label, answer, startedAt, round);
    this.#isUnknown = false;
    // The first answer is shown at once to those who wait for it, before the round is complete.
    if (this.#settle !== undefined) this.timing.now();
    this.#ended();
  }

  protected override failed(failure: PollFailure, changed: boolean, round: Round): void {
    this.#isUnknown = failure.status === 404;
    if (this.#isUnknown) for (const listener of this.#unknownListeners) listener();
    super.failed(failure, changed, round);
    this.#ended();
  }

  #ended(): void {
    this.#settle?.();
    this.#settle = undefined;
  }

  override close(): void {
    super.close();
    this.#board.close();
  }
}
