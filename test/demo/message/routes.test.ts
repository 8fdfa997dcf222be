import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DemoEngine } from '../../../src/demo/engine.ts';
import { privateMark } from '../../../src/demo/message/message-text.ts';
import { createManualClock } from '../../support/manual-clock.ts';

let engine: DemoEngine;
let url: string;

beforeEach(async () => {
  const clock = createManualClock();
  engine = new DemoEngine({ port: 0, clock });
  ({ url } = await engine.start());
  clock.advance(120_000);
});
afterEach(() => engine.stop());

const everything = { instance: undefined, correlationId: undefined };
const listSchema = z.strictObject({
  messages: z.array(z.looseObject({ from: z.string(), correlation_id: z.string() })),
  count: z.number(),
});
const list = async (query: string) => listSchema.parse((await get(query)).body);

async function get(path: string) {
  const response = await fetch(`${url}/api/messages${path}`);
  return { status: response.status, body: await response.json() };
}

describe('demo engine messages', () => {
  it('are answered whole, one by its id', async () => {
    const [message] = engine.messages.list(everything, 1);
    expect(JSON.stringify(message?.payload)).toContain(privateMark);
    expect(await get(`/${message?.message_id}`)).toEqual({ status: 200, body: message });
    expect(await get('/nothing')).toMatchObject({ status: 404, body: { error: 'message_not_found' } });
  });

  it('are answered by instance and chain, up to a limit', async () => {
    const { messages, count } = await list('');
    expect(messages).toEqual(engine.messages.list(everything, 100));
    expect(count).toBe(messages.length);
    expect(count).toBeGreaterThan(10);
    const [newest] = messages;
    expect(await list('?limit=2')).toEqual({ messages: messages.slice(0, 2), count: 2 });
    const chain = await list(`?instance=${newest?.from}&correlation_id=${newest?.correlation_id}`);
    expect(chain.messages).toContainEqual(newest);
    for (const message of chain.messages) expect(message.correlation_id).toBe(newest?.correlation_id);
    expect(await list('?instance=nobody')).toEqual({ messages: [], count: 0 });
  });

  it.each(['501', '-1', 'x'])('refuse the limit %s', async (limit) => {
    expect(await get(`?limit=${limit}`)).toMatchObject({ status: 400, body: { field: 'limit' } });
  });
});
