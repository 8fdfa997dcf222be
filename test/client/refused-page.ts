import { createTelemetryClient } from '../../src/client/index.ts';

/** What refusals-browser.test.ts makes clients with in a real browser. */
Object.assign(globalThis, { createTelemetryClient });
