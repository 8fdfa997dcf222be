import { Hub, hubDefaults } from '../../src/deliver/hub.ts';
import type { Pace } from '../../src/deliver/pace.ts';
import { Sessions } from '../../src/deliver/sessions.ts';
import { View } from '../../src/deliver/view.ts';
import { Views } from '../../src/deliver/views.ts';
import type { Rendition } from '../../src/encode/rendition.ts';
import { Feeds } from '../../src/feed/feeds.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import { SourceBoard } from '../../src/source/source-board.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryMeter } from './memory-meter.ts';

interface ContextOptions {
  /** What the clock says at first, epoch ms. */
  readonly startsAt?: number | undefined;
  /** What of the hub is not as in a gateway. */
  readonly fanOut?: Partial<ConstructorParameters<typeof Hub>[0]>;
  readonly maxViews?: number | undefined;
}

/** What a gateway hands its parts, with its defaults, at a time that the test moves. Nothing has started. */
export function createTestContext({ startsAt, fanOut, maxViews = 500 }: ContextOptions = {}) {
  const [clock, log, meter] = [createManualClock(startsAt), createMemoryLog(), createMemoryMeter()];
  const hub = new Hub({ clock, meter, ...hubDefaults, ...fanOut });
  const budget = new HistoryBudget(historyDefaults);
  return {
    ...{ clock, log, meter, hub, budget },
    board: new SourceBoard({ clock, log, meter }),
    feeds: new Feeds(clock, budget),
    views: new Views({ hub, clock, maxViews }),
    sessions: new Sessions({ hub, clock, meter }),
    /** A view that the hub delivers. */
    openView(rendition: Rendition, pace?: Pace): View {
      const view = new View(rendition, pace);
      hub.open(view);
      return view;
    },
  };
}
