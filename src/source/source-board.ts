import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { Source, type SourceChange, type SourceOptions, type SourceState } from './source.ts';

/** Told in the turn in which it happened. Must not throw. */
export type SourceListener = (name: string, change: SourceChange) => void;

/** All sources of the gateway, by name. */
export class SourceBoard {
  readonly #parts: { readonly clock: Clock; readonly log: Log; readonly meter: Meter };
  readonly #listeners = new Set<SourceListener>();
  readonly #sources = new Set<Source>();
  readonly #awaited = new Set<string>();
  #states: Readonly<Record<string, SourceState>> = {};
  #lastAnswerAt: number | undefined;

  constructor(parts: { readonly clock: Clock; readonly log: Log; readonly meter: Meter }) {
    const { clock, log, meter } = parts;
    this.#parts = { clock, log, meter };
  }

  /** What a document shows under `sources`; the same object until something changes. */
  get states(): Readonly<Record<string, SourceState>> {
    return this.#states;
  }

  /** Names of the required sources that have not succeeded yet. */
  get awaited(): readonly string[] {
    return [...this.#awaited];
  }

  /** When a poll of any source last gave what could be used, epoch ms; undefined before that. */
  get lastAnswerAt(): number | undefined {
    return this.#lastAnswerAt;
  }

  open(name: string, options: SourceOptions): Source {
    const { required = false, hidden = false, isConnection = false } = options;
    if (required) this.#awaited.add(name);
    const source = new Source(name, options, {
      ...this.#parts,
      onShown: (state) => {
        if (!hidden) this.#states = { ...this.#states, [name]: state };
      },
      onOutcome: (succeeded) => {
        if (!succeeded) return;
        this.#awaited.delete(name);
        if (!isConnection) this.#lastAnswerAt = this.#parts.clock.now();
      },
      onChange: (change) => {
        // Changes of what is shown do not concern a hidden source.
        if (hidden && change !== 'turned') return;
        for (const listener of this.#listeners) listener(name, change);
      },
      onClose: () => this.#sources.delete(source),
    });
    this.#sources.add(source);
    return source;
  }

  /** Returns how to stop listening. */
  onChange(listener: SourceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Closes all sources. */
  close(): void {
    for (const source of this.#sources) source.close();
    this.#listeners.clear();
  }
}
