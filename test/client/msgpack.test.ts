import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msgpack } from '../../src/client/msgpack.ts';
import { pack } from '../../src/encode/encoding.ts';
import { arbitraryJson } from '../support/arbitrary-json.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { waitFor } from '../support/wait.ts';
import { asJson, useClient } from './client-set-up.ts';

describe('The MessagePack codec', () => {
  it('reads what the gateway writes, as plain objects and numbers', () => {
    // There is no -0: as in JSON, it is written as 0.
    const doubles = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Object.is(value, -0));
    const numbers = fc.oneof(doubles, fc.maxSafeInteger());
    fc.assert(
      fc.property(arbitraryJson, numbers, (value, number) => {
        expect(msgpack.decode(pack({ value, number }))).toEqual({ value, number });
      }),
    );
  });

  it('throws at what is no MessagePack', () => {
    expect(() => msgpack.decode(new Uint8Array([0x82, 0xa1]))).toThrow();
    expect(() => msgpack.decode(new Uint8Array([]))).toThrow();
  });

  it('serves a client, which may also change to it and back', async (test) => {
    const { gateway, publish, snapshot } = await setUpViews(test);
    const client = useClient(test, { url: gateway.url, codec: msgpack, mode: 'delta', encoding: 'msgpack' });
    const follows = async (price: number): Promise<void> => {
      publish({ market: { price }, logs: [`price ${price}`] });
      await waitFor('the price', () => client.document.market?.price === price);
      expect(asJson(client.document)).toEqual(asJson(await snapshot()));
    };
    await waitFor('the connection', () => client.status.state === 'live');
    await follows(1);
    expect(client.granted).toMatchObject({ mode: 'delta', encoding: 'msgpack' });
    expect(await client.setOptions({ encoding: null })).toMatchObject({ encoding: 'json' });
    await follows(2);
    expect(await client.setOptions({ encoding: 'msgpack', mode: 'full', interval: 45 })).toMatchObject({
      encoding: 'msgpack',
      mode: 'full',
      interval: 50,
    });
    await follows(3);
    await follows(4);
    expect(client.stats).toMatchObject({ malformed: 0, resyncs: 0, reconnects: 0 });
  });
});
