import { Refusals } from '../../src/access/refusals.ts';
import { Visitors } from '../../src/access/visitors.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryMeter } from './memory-meter.ts';

/** What is refused, and who it was, with a log and figures to look at. */
export function setUpRefusals(trustedProxies = 0) {
  const clock = createManualClock();
  const log = createMemoryLog();
  const meter = createMemoryMeter();
  const visitors = new Visitors(trustedProxies);
  return { clock, log, meter, visitors, refusals: new Refusals({ log, meter, clock, visitors }) };
}
