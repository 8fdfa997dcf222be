import type { Sources } from '../../client/index.ts';

/**
 * Since when each source has not been fresh. The gateway says since when the status is what it is, which begins anew
 * when a stale source is given up as down; and its clock may not be this machine's.
 */
export class Outages {
  readonly #since = new Map<string, number>();
  readonly #wereFresh = new Set<string>();

  /** @param now epoch ms */
  take(sources: Sources, now: number): void {
    for (const [name, { status, since }] of Object.entries(sources)) {
      if (status === 'fresh') {
        this.#since.delete(name);
        this.#wereFresh.add(name);
      } else if (!this.#since.has(name)) {
        const told = Date.parse(since);
        const isSeen = this.#wereFresh.has(name) || Number.isNaN(told);
        this.#since.set(name, isSeen ? now : Math.min(told, now));
      }
    }
  }

  /** Epoch ms of this machine; undefined where the source is fresh, or not known. */
  since(source: string): number | undefined {
    return this.#since.get(source);
  }
}
