import { Hub, hubDefaults } from '../../src/deliver/hub.ts';
import type { Pace } from '../../src/deliver/pace.ts';
import { View } from '../../src/deliver/view.ts';
import type { Rendition } from '../../src/encode/rendition.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryMeter } from './memory-meter.ts';

/** A hub as it usually is, at a time that the test sets, and the views that it delivers. */
export function createDelivery() {
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const hub = new Hub({ clock, meter, ...hubDefaults });
  const open = (rendition: Rendition, pace?: Pace): View => {
    const view = new View(rendition, pace);
    hub.open(view);
    return view;
  };
  return { clock, meter, hub, open };
}
