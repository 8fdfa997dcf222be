import type { Cancel } from '../../../core/clock.ts';
import { equalJson } from '../../../core/json.ts';

/** Who halted the engine. */
export type HaltRemark = {
  /** `sub` of the operator's token. Absent where everyone may look without a token. */
  readonly by?: string;
  readonly role: string;
  readonly reason?: string;
  /** When the engine acknowledged it, ISO 8601. */
  readonly at: string;
};

/** What `sources.state` says besides its freshness: the outcome of commands. */
export type Remarks = {
  readonly halt?: HaltRemark;
  /** The engine's state contradicts the last command that it acknowledged. */
  readonly contradicted?: true;
};

/** The remarks that all documents show. */
export class StateRemarks {
  readonly #listeners = new Set<() => void>();
  #current: Remarks = {};

  /** The same object until something changes. */
  get current(): Remarks {
    return this.#current;
  }

  set(remarks: Remarks): void {
    if (equalJson(remarks, this.#current)) return;
    this.#current = remarks;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
