import { z } from 'zod';
import { usualCloses } from '../../src/deliver/closes.ts';
import { type KeepaliveLimits, keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { type Client, defineEndpoint, type Endpoint } from '../../src/serve/endpoint.ts';
import { Service } from '../../src/serve/service.ts';
import { viewing } from '../support/access.ts';
import { createTestContext } from '../support/context.ts';
import { serviceOf } from '../support/conversation.ts';

const hears = {
  add: { summary: 'Adds', schema: z.object({ type: z.literal('add'), count: z.int().min(0) }) },
};

/** An endpoint that notes what it hears, at a time that the test moves. */
export function setUp(
  own: Partial<Endpoint> = {},
  client: Client = {},
  keepalive: Partial<KeepaliveLimits> = {},
) {
  const { clock, log, meter, sessions } = createTestContext();
  const heard: unknown[] = [];
  const endpoint: Endpoint = {
    ...defineEndpoint({
      ...{ id: 'sum', description: 'Adds up', access: viewing, hears, tells: {}, closes: usualCloses },
      newId: () => 'one',
      connectedLine: ({ id }) => `${id} came`,
      disconnectedLine: ({ id, sent }) => `${id} went (sent: ${sent})`,
      open: () => () => ({ receive: (message) => void heard.push(message), ...client }),
    }),
    ...own,
  };
  const parts = {
    sessions,
    log,
    meter,
    keepalive: { ...keepaliveDefaults, silentAfterMs: Number.POSITIVE_INFINITY, ...keepalive },
  };
  return {
    ...{ clock, log, meter, sessions, heard, endpoint },
    ...serviceOf(endpoint, 'adder', parts),
    service: new Service(endpoint, 'adder', parts),
    refused: (reason: string) => meter.value('bff_rejected_total', { edge: 'adder', reason }),
  };
}
