import { DefaultReporter } from 'vitest/node';

/** How long nothing may be printed while tests run. */
const quietMs = 10_000;

/** The group whose tests are told one by one, with the time that each takes. */
const toldEach = 'newcomer';

/** Vitest's own reporter with a line for each group that ends, and one each 10 s, in place of one for each file. */
export default class GroupReporter extends DefaultReporter {
  #groups = new Map();
  #printedAt = 0;
  #startedAt = 0;

  constructor() {
    super({ summary: false });
  }

  onTestRunStart(specifications) {
    super.onTestRunStart(specifications);
    this.#startedAt = this.#printedAt = Date.now();
    for (const { project } of specifications) {
      const { files, ...rest } = this.#groups.get(project.name) ?? {
        files: 0,
        ended: 0,
        failed: 0,
        tests: 0,
      };
      this.#groups.set(project.name, { ...rest, files: files + 1 });
    }
  }

  onTestModuleEnd(testModule) {
    super.onTestModuleEnd(testModule);
    const { name } = testModule.project;
    const group = this.#groups.get(name);
    if (group === undefined) return;
    group.ended += 1;
    group.tests += [...testModule.children.allTests()].length;
    if (testModule.state() === 'failed') group.failed += 1;
    if (name === toldEach) for (const test of testModule.children.allTests()) this.#tell(test);
    if (group.ended === group.files) this.#print(`${name}: ${summaryOf(group)}`);
    else if (Date.now() - this.#printedAt >= quietMs) this.#print(this.#progress());
  }

  printTestModule(testModule) {
    if (testModule.state() === 'failed') super.printTestModule(testModule);
  }

  #tell(test) {
    const took = test.diagnostic()?.duration;
    const how = took === undefined ? test.result().state : `${(took / 1000).toFixed(1)} s`;
    this.#print(`${toldEach}: ${test.fullName}: ${how}`);
  }

  #progress() {
    const running = [...this.#groups].filter(([, { ended, files }]) => ended > 0 && ended < files);
    return running.map(([name, { ended, files }]) => `${name} ${ended} of ${files} files`).join(', ');
  }

  #print(line) {
    this.#printedAt = Date.now();
    this.log(`${((this.#printedAt - this.#startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  }
}

function summaryOf({ files, failed, tests }) {
  return `${tests} tests in ${files} files, ${failed === 0 ? 'all passed' : `${failed} files failed`}`;
}
