import { describe, expect, it } from 'vitest';
import { examples, setUpDiagnostics } from './set-up.ts';

describe('Telemetry frames', () => {
  it('come every 5 s, though nothing else happens', () => {
    const { connect, clock } = setUpDiagnostics();
    clock.advance(2000);
    const client = connect();
    const count = () => client.all('telemetry').length;
    expect(count()).toBe(1);
    clock.advance(2999);
    expect(count()).toBe(1);
    clock.advance(1);
    expect(count()).toBe(2);
    clock.advance(60_000);
    expect(count()).toBe(14);
  });

  it('come at once with an llm event, and the beat goes on', () => {
    const { connect, clock, publish } = setUpDiagnostics();
    const client = connect();
    clock.advance(4000);
    publish('llm', examples.llm);
    expect(client.last()).toMatchObject({ type: 'telemetry', data: { llm_total_tokens: 205 } });
    clock.advance(1000);
    expect(client.all('telemetry')).toHaveLength(3);
  });

  it('come with each llm event, also with the same one twice in a millisecond', () => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    for (let count = 0; count < 3; count += 1) publish('llm', examples.llm);
    expect(client.all('telemetry')).toHaveLength(4);
  });

  it('come at once when the engine turns', () => {
    const { connect, views, inputs } = setUpDiagnostics();
    const client = connect();
    inputs.engine = { ...inputs.engine, requestCount: 1, successPercent: 0 };
    views.engineTurned();
    expect(client.last()).toMatchObject({ type: 'telemetry', data: { success_rate: 0 } });
  });

  it('come no more often than events may cause them, and the last one is not lost', () => {
    const { connect, publish, clock } = setUpDiagnostics({ maxRateHz: 20 });
    const client = connect();
    for (let count = 1; count <= 100; count += 1) publish('llm', { llm_total_tokens: count });
    expect(client.all('telemetry')).toHaveLength(6);
    clock.advance(50);
    expect(client.all('telemetry')).toHaveLength(7);
    expect(client.last().data).toMatchObject({ llm_total_tokens: 100 });
  });

  it('come at once when the engine turns, however many events have caused', () => {
    const { connect, publish, views, inputs } = setUpDiagnostics({ maxRateHz: 1 });
    const client = connect();
    for (let count = 1; count <= 10; count += 1) publish('llm', { llm_total_tokens: count });
    inputs.engine = { ...inputs.engine, successPercent: 50 };
    views.engineTurned();
    expect(client.last()).toMatchObject({ data: { success_rate: 50, llm_total_tokens: 10 } });
  });

  it('show a client that joins the figures of its moment, and cost the others nothing', () => {
    const { connect, inputs } = setUpDiagnostics();
    const first = connect();
    inputs.engine = { ...inputs.engine, requestCount: 7 };
    const second = connect();
    expect(second.all('telemetry')).toMatchObject([{ request_count: 7, active_websockets: 2 }]);
    expect(first.all('telemetry')).toHaveLength(1);
  });

  it('are made once for all', () => {
    const { connect, clock } = setUpDiagnostics();
    const clients = Array.from({ length: 10 }, () => connect());
    clock.advance(5000);
    const frames = clients.map(({ transport }) => transport.messages.at(-1));
    expect(new Set(frames).size).toBe(1);
  });

  it('are made for nobody after the end', () => {
    const { connect, clock, views, publish } = setUpDiagnostics();
    const client = connect();
    views.close();
    publish('llm', examples.llm);
    clock.advance(60_000);
    expect(client.types()).toEqual(['telemetry', 'logs']);
  });
});
