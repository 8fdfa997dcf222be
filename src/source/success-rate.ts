const seconds = 60;

/** The share of what went well in the last 60 s, in steps of a second: as many figures, however much happens. */
export class SuccessRate {
  readonly #slots = Array.from({ length: seconds }, () => ({ second: -seconds, good: 0, all: 0 }));

  /** @param now monotonic ms */
  add(now: number, good: boolean): void {
    const second = Math.floor(now / 1000);
    const slot = this.#slots[second % seconds];
    if (slot === undefined) return;
    if (slot.second !== second) Object.assign(slot, { second, good: 0, all: 0 });
    slot.all += 1;
    if (good) slot.good += 1;
  }

  /** 0 to 100; 100 where there was nothing. */
  percent(now: number): number {
    const oldest = Math.floor(now / 1000) - seconds + 1;
    let [good, all] = [0, 0];
    for (const slot of this.#slots) {
      if (slot.second < oldest) continue;
      good += slot.good;
      all += slot.all;
    }
    return all === 0 ? 100 : (good / all) * 100;
  }
}
