import { describe, expect, it } from 'vitest';
import { printJson } from '../../src/cli/tail-json.ts';
import { connectToFake, initialOf, sourcesOf } from '../client/fake-gateway.ts';

const document = (price: number) => ({
  status: 'ACTIVE',
  market: { symbol: 'SPY', price },
  sources: sourcesOf('fresh'),
});

interface Line {
  readonly state: string;
  readonly freshness: string;
  readonly seq: number | null;
  readonly changed: readonly string[];
  readonly document: object | null;
}

async function setUp() {
  const gateway = await connectToFake();
  const texts: string[] = [];
  printJson(gateway.client, (text) => texts.push(text));
  const lines = () => texts.map((text): Line => JSON.parse(text));
  return { client: gateway.client, socket: gateway.socket, texts, lines };
}

describe('tail --json', () => {
  it('prints an object for each update, whole in itself', async () => {
    const { socket, lines } = await setUp();
    socket.welcome(document(1.0808));
    socket.say({ type: 'TELEMETRY', seq: 2, data: document(1.0809) });
    expect(lines().at(-1)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      state: 'live',
      reason: null,
      freshness: 'fresh',
      error: null,
      epoch: expect.any(String),
      seq: 2,
      changed: ['market'],
      document: document(1.0809),
    });
  });

  it('says before the engine has spoken what is known, and none of the zeros', async () => {
    const { socket, lines } = await setUp();
    socket.welcome(initialOf());
    expect(lines().at(-1)).toMatchObject({
      freshness: 'initializing',
      seq: 1,
      document: { status: 'INITIALIZING' },
    });
    expect(lines().at(-1)?.document).not.toHaveProperty('portfolio');
  });

  it('prints a line where the figures are current no longer, with all that was known', async () => {
    const { socket, client, lines } = await setUp();
    socket.welcome(document(1));
    const before = lines().length;
    socket.say({ type: 'TELEMETRY', seq: 2, data: { ...document(1), sources: sourcesOf('stale') } });
    const told = lines().slice(before);
    expect(told.map(({ freshness }) => freshness)).toContain('stale');
    expect(told.at(-1)).toMatchObject({ freshness: 'stale', document: { market: { price: 1 } } });
    client.close();
    expect(lines()).toHaveLength(before + told.length);
  });

  it('prints no control character that a document has', async () => {
    const { socket, texts, lines } = await setUp();
    const symbol = 'S\u001b[2J\u009b\u202e\n';
    socket.welcome({ ...document(1), market: { symbol, price: 1 } });
    expect(texts.join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(lines().at(-1)).toMatchObject({ document: { market: { symbol } } });
  });
});
