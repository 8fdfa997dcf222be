import type { JsonObject } from '../../../src/core/json.ts';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { formatPosition, type Position } from '../../../src/feed/position.ts';
import type { Commands } from '../../../src/protocol/telemetry/command/commands.ts';
import { refuseCommand } from '../../../src/protocol/telemetry/command/order.ts';
import { stateStatus } from '../../../src/protocol/telemetry/document/urgency.ts';
import { telemetryEndpoint } from '../../../src/protocol/telemetry/endpoint.ts';
import {
  defaultView,
  describeView,
  type TelemetryViewOptions,
} from '../../../src/protocol/telemetry/view/options.ts';
import { TelemetryViews } from '../../../src/protocol/telemetry/view/views.ts';
import { commanding, viewing } from '../../support/access.ts';
import { serviceOf } from '../../support/conversation.ts';
import { PacketReader } from '../../support/packet-reader.ts';
import { anyone } from '../../support/principals.ts';
import { type TestScope, waitFor } from '../../support/wait.ts';
import { state } from './document/aggregate-set-up.ts';
import { setUpDocuments } from './document/documents-set-up.ts';

export interface ClientsOptions {
  readonly maxRenditions?: number;
  readonly settings?: Parameters<typeof setUpDocuments>[1];
  readonly runCommand?: Commands['run'];
}

/** Telemetry clients over transports that a test blocks and drains, and the documents they look at. */
export function setUpClients(test: TestScope, options: ClientsOptions = {}) {
  const subject = setUpDocuments(test, options.settings, options.maxRenditions);
  const { clock, log, meter, documents, sessions } = subject;
  const views = new TelemetryViews(documents, subject.views, { clock, meter });
  const keepalive = { ...keepaliveDefaults, silentAfterMs: Number.POSITIVE_INFINITY };
  const dependencies = {
    ...{ documents, views, clock, log, commanding, viewing },
    compression: false,
    commands: { run: options.runCommand ?? (async () => refuseCommand('COMMANDS_DISABLED', 'no')) },
  };
  const service = serviceOf({ ...telemetryEndpoint(dependencies), newId: () => 'id' }, 'telemetry', {
    ...{ sessions, log, meter, keepalive },
  });
  // As in the gateway: the view that asks for nothing is always there.
  views.acquire(defaultView, undefined);
  let price = 0;
  // The note makes a delta of the price worth it.
  const patch = (more: JsonObject): JsonObject => {
    price += 1;
    return { market: { price }, ...more };
  };
  subject.event({ ...state, note: 'x'.repeat(1000) });

  return {
    ...subject,
    ...{ dependencies, keepalive },
    views,
    /** Something happens in the default document. */
    change(more: JsonObject = {}): void {
      clock.advance(50);
      subject.event(patch(more));
    },
    /** The engine answers every poll of the default document. */
    async freshen(): Promise<void> {
      subject.feeds.start();
      for (const name of ['agents', 'models'] as const) await subject.answer(name, {});
      await subject.answer('state', state);
      await waitFor('the answers', () => stateStatus(subject.shown()) === 'fresh');
    },
    renditions: () => meter.value('bff_renditions'),
    connect(wanted: Partial<TelemetryViewOptions> = {}, since?: Position, principal = anyone) {
      const query = new URLSearchParams(describeView({ ...defaultView, ...wanted }));
      if (since !== undefined) query.set('since', formatPosition(since));
      const client = service.connect(query.toString(), principal);
      const packets = client.frames;
      return {
        ...client,
        packets,
        /** What it holds after everything that it was sent. */
        read(): PacketReader {
          const reader = new PacketReader();
          for (const packet of packets()) reader.take(packet);
          return reader;
        },
      };
    },
  };
}
