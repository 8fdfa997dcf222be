import type { Cancel } from '../../../core/clock.ts';
import { equalJson } from '../../../core/json.ts';

/** By whose command the engine is halted. */
export type HaltRemark = {
  /** `sub` of the operator's token. Absent where everyone may look without a token. */
  readonly by?: string;
  readonly role: string;
  readonly reason?: string;
  /** When the engine said yes, ISO 8601. */
  readonly at: string;
};

/** What documents say of the source `state` besides its freshness: what became of the commands. */
export type Remarks = {
  readonly halt?: HaltRemark;
  /** The engine's state says the contrary of the last command that it said yes to. */
  readonly contradicted?: true;
};

/** The remarks, which all documents share. */
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
