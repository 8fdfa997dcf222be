/** Runs named steps one after the other, failed ones too, and remembers which failed. */
export class Steps {
  failed = [];
  #begin = Date.now();

  /** `work` returns whether the step succeeded. */
  async run(name, work) {
    console.log(`\n== ${name}`);
    const begin = Date.now();
    const ok = await work();
    console.log(`${ok ? 'ok' : 'FAILED'}: ${name}, ${seconds(begin)}`);
    if (!ok) this.failed.push(name);
    return ok;
  }

  /** The closing lines. The last has one form for people and machines; `failed` counts steps beside tests. */
  report({ passed, failed, skipped }) {
    console.log(`\nAll steps together: ${seconds(this.#begin)}`);
    if (this.failed.length > 0) console.log(`Failed steps: ${this.failed.join(', ')}`);
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    return failed === 0;
  }
}

function seconds(begin) {
  return `${((Date.now() - begin) / 1000).toFixed(1)} s`;
}
