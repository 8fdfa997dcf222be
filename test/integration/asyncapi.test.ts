import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { useIn } from '../support/wait.ts';

describe('GET /asyncapi.json', () => {
  it('is AsyncAPI without a fault, and names every message of both endpoints', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    const answer = await fetch(`${gateway.url}/asyncapi.json`);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const { document, diagnostics } = await new Parser().parse(await answer.text());
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    if (document === undefined) throw new Error('not parsed');
    expect(document.version()).toBe('3.0.0');
    expect(
      document
        .channels()
        .all()
        .map((channel) => channel.address()),
    ).toEqual(['/', '/ws/stream']);
    for (const channel of document.channels().all()) {
      const named = (action: 'send' | 'receive') =>
        channel
          .operations()
          .all()
          .filter((operation) => operation.action() === action)
          .flatMap((operation) => operation.messages().all())
          .map((message) => message.name());
      expect(named('receive')).toEqual(['PING', 'RESYNC', 'SUBSCRIBE', 'HALT', 'RESUME']);
      expect(named('send')).toEqual(['WELCOME', 'TELEMETRY', 'DELTA', 'PONG', 'ACK', 'ERROR']);
      for (const message of channel.messages().all())
        expect(message.hasPayload(), message.name() ?? '').toBe(true);
      expect(JSON.stringify(channel.bindings().get('ws')?.value())).toMatch(
        /(?=.*mode)(?=.*encoding)(?=.*interval)(?=.*sections)(?=.*symbol)(?=.*since)/,
      );
    }
  });
});
