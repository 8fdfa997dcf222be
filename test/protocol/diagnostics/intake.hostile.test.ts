import { describe, expect, it } from 'vitest';
import { examples, setUpDiagnostics } from './set-up.ts';

const zeros = (count: number): string => Array.from({ length: count }, () => 0).join(',');

describe('A flood by events from outside', () => {
  it('is refused from 5,001 members and items on, by Redis and by POST', () => {
    const { connect, publish, intake, refused } = setUpDiagnostics();
    const client = connect();
    const event = (items: number) =>
      `{"update_type":"entity_added","entity_id":"e","details":{"items":[${zeros(items)}]}}`;
    publish('graph_update', event(4996));
    publish('graph_update', event(4997));
    expect([client.all('graph_update').length, refused('too_many')]).toEqual([1, 1]);
    const post = (items: number) => Buffer.from(`{"type":"graph_update","data":${event(items)}}`);
    expect(intake.onBody(post(4994))).toBeUndefined();
    expect(intake.onBody(post(4995))?.reason).toBe('too_many');
    expect(refused('too_many', 'ingest')).toBe(1);
  });

  it('is not read any more where it is long, and keeps no short one out', () => {
    const { connect, publish, refused } = setUpDiagnostics();
    const client = connect();
    for (let event = 0; event < 200; event += 1) publish('log', `{"level":"${'x'.repeat(60_000)}"}`);
    expect(refused('shape')).toBeLessThan(50);
    expect(refused('shape') + refused('flood')).toBe(200);
    publish('log', examples.log);
    expect(client.all('log').at(-1)).toMatchObject({ message: examples.log.message });
  });
});
