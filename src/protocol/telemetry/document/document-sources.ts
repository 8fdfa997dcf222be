import type { Cancel, Clock } from '../../../core/clock.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { SourceState } from '../../../source/source.ts';
import { LivePaths } from './live-paths.ts';
import type { Ownership } from './ownership.ts';
import { fieldsOf, isDocumentedScalar } from './shape.ts';
import type { Remarks, StateRemarks } from './state-remarks.ts';

type SourceStates = Readonly<Record<string, SourceState & Remarks>>;

export interface DocumentSourcesOptions {
  readonly ownership: Ownership;
  /** From one poll to the next, in ms. */
  readonly periodMs: () => number;
  readonly remarks: StateRemarks;
  readonly clock: Clock;
  /** What is told has changed with time alone. */
  readonly onExpiry: () => void;
}

/** What a document says of its sources: their states, and what events keep current of those that are not fresh. */
export class DocumentSources {
  readonly #options: DocumentSourcesOptions;
  readonly #live = new LivePaths({ keepsNull: isDocumentedScalar, fieldsOf });
  #cancelExpiry: Cancel | undefined;
  #remarked: { states: SourceStates; remarks: Remarks; made: SourceStates } | undefined;

  constructor(options: DocumentSourcesOptions) {
    this.#options = options;
  }

  /** Takes the merge patch (RFC 7396) of an event that was applied. */
  noteEvent(patch: JsonObject, receivedAt: number): void {
    this.#live.note(patch, receivedAt);
  }

  /**
   * The states given, with what is remarked on the state and `live` in them: the same object where there is none, or
   * as long as nothing else changed.
   */
  of(states: SourceStates): SourceStates {
    return this.#withLive(this.#withRemarks(states));
  }

  #withRemarks(states: SourceStates): SourceStates {
    const { current } = this.#options.remarks;
    const { state } = states;
    if (state === undefined || Object.keys(current).length === 0) return states;
    if (states !== this.#remarked?.states || current !== this.#remarked.remarks) {
      const made = { ...states, state: { ...state, ...current } };
      this.#remarked = { states, remarks: current, made };
    }
    return this.#remarked.made;
  }

  #withLive(states: SourceStates): SourceStates {
    if (Object.values(states).every(({ status }) => status === 'fresh')) return states;
    const { clock, ownership, periodMs } = this.#options;
    const now = clock.monotonic();
    const windowMs = 2 * periodMs();
    const oldest = this.#live.oldestSince(now - windowMs);
    if (oldest === undefined) return states;
    this.#expireAfter(oldest + windowMs - now);
    const told = Object.entries(states).map(([name, state]): [string, SourceState] => {
      if (state.status === 'fresh') return [name, state];
      const live = this.#live.told((key) => ownership.ownerOf(key) === name);
      return [name, live.length === 0 ? state : { ...state, live }];
    });
    return Object.fromEntries(told);
  }

  stop(): void {
    this.#cancelExpiry?.();
  }

  /** A moment later: a path set so long ago is still told of. */
  #expireAfter(ms: number): void {
    if (this.#cancelExpiry !== undefined) return;
    this.#cancelExpiry = this.#options.clock.after(ms + 1, () => {
      this.#cancelExpiry = undefined;
      this.#options.onExpiry();
    });
  }
}
