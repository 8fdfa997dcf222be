import { describe, expect, it } from 'vitest';
import { valueAt } from '../support/client.ts';
import { setUpViews } from '../support/view-set-up.ts';
import type { TestScope } from '../support/wait.ts';

/** Five changes of a document of so many bytes, each of which a client must get soon. */
async function readChanges(test: TestScope, bytes: number, perMessageDeflate: boolean): Promise<void> {
  const { connect, publish } = await setUpViews(test);
  const client = await connect('', { perMessageDeflate });
  for (let price = 1; price <= 5; price += 1) {
    publish({ market: { price }, text: 'x'.repeat(bytes) });
    const packet = await client.next(({ data }) => valueAt(data, 'market', 'price') === price, 2000);
    expect(packet.bytes).toBeGreaterThan(bytes);
  }
}

describe.concurrent.each([true, false])('A large document, compressed: %s', (perMessageDeflate) => {
  it('reaches clients with each of its changes', async (test) => {
    await readChanges(test, 480_000, perMessageDeflate);
  });

  // Known: the bytes of a ping are never answered, so a packet beyond the window never finds it empty again.
  it('reaches them too when it is larger than what they may be behind', async (test) => {
    await readChanges(test, 900_000, perMessageDeflate);
  });
});
