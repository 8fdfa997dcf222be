import { describe, expect, it } from 'vitest';
import { examples, setUpDiagnostics } from './set-up.ts';

const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('A diagnostics client', () => {
  it('is sent the figures and then the 20 newest log entries, newest first, its own arrival on top', () => {
    const { connect, publish } = setUpDiagnostics();
    for (let count = 1; count <= 30; count += 1) publish('log', { level: 'info', message: `${count}` });
    const client = connect();
    const [telemetry, logs] = client.frames();
    expect(client.types()).toEqual(['telemetry', 'logs']);
    expect(telemetry?.data).toMatchObject({ active_websockets: 1 });
    expect(logs?.data).toEqual(
      ['WebSocket connected: id-1', ...Array.from({ length: 19 }, (_, index) => `${30 - index}`)].map(
        (message) => expect.objectContaining({ message }),
      ),
    );
  });

  it('has its arrival told to the others, and not to itself again', () => {
    const { connect } = setUpDiagnostics();
    const first = connect();
    const second = connect();
    expect(first.all('log').map(({ message }) => message)).toEqual(['WebSocket connected: id-2']);
    expect(second.all('log')).toEqual([]);
  });

  it('is sent what happens in the order in which it happened', () => {
    const { connect, publish, log } = setUpDiagnostics();
    const client = connect();
    publish('graph_update', examples.graph_update);
    log.info({ port: 1 }, 'listening');
    publish('persona_entry', examples.persona_entry);
    publish('log', examples.log);
    log.warn({}, 'source status');
    log.error({ err: new Error('x') }, 'request failed');
    log.debug({}, 'too low');
    expect(client.types().slice(2)).toEqual(['graph_update', 'log', 'persona_entry', 'log', 'log', 'log']);
    expect(client.all('log').map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info listening',
      `info ${examples.log.message}`,
      'warning source status',
      'error request failed',
    ]);
  });

  it('has its pings answered, each of which is a heartbeat', () => {
    const { connect, states, clock } = setUpDiagnostics();
    const client = connect();
    const connectedAt = states()[0]?.connected_at;
    expect(states()[0]?.last_heartbeat).toBe(connectedAt);
    clock.advance(1500);
    client.say({ type: 'ping' });
    expect(client.last()).toEqual({
      type: 'pong',
      timestamp: '2026-01-01T00:00:01.500Z',
      connection_id: 'id-1',
    });
    expect(states()).toEqual([
      {
        connection_id: 'id-1',
        connected_at: connectedAt,
        last_heartbeat: '2026-01-01T00:00:01.500Z',
        messages_sent: 3,
        messages_dropped: 0,
      },
    ]);
    expect(connectedAt).toMatch(isoPattern);
  });

  it('gets the figures of the moment and the newest logs again when it asks', () => {
    const { connect, publish, inputs } = setUpDiagnostics();
    const client = connect();
    publish('log', examples.log);
    inputs.engine = { ...inputs.engine, requestCount: 9 };
    client.say({ type: 'refresh' });
    expect(client.types().slice(3)).toEqual(['telemetry', 'logs']);
    expect(client.all('telemetry').at(-1)).toMatchObject({ request_count: 9 });
    expect(client.last().data).toMatchObject([
      { message: examples.log.message },
      { message: 'WebSocket connected: id-1' },
    ]);
  });

  it('has its answers sent ahead of the events that wait', () => {
    const { connect, publish } = setUpDiagnostics();
    const client = connect();
    client.transport.block();
    publish('graph_update', examples.graph_update);
    client.say({ type: 'ping' });
    client.transport.drain();
    expect(client.types().slice(2)).toEqual(['pong', 'graph_update']);
  });

  it('has nothing said of what it may say in vain, but in the debug log', () => {
    const { connect, lines, refused } = setUpDiagnostics();
    const client = connect();
    for (const message of ['{"type":"subscribe"}', '{"type":"nonsense"}', '[]', 'null', '7'])
      client.say(message);
    expect(client.types()).toEqual(['telemetry', 'logs']);
    expect(lines('warn')).toEqual([]);
    expect(lines('debug')).toHaveLength(5);
    expect(refused('unknown', 'diagnostics')).toBe(4);
  });

  it('has what is no JSON told to all, once a second however many say it, with their number', () => {
    const { connect, clock, refused } = setUpDiagnostics();
    const [one, other] = [connect(), connect()];
    for (let count = 0; count < 15; count += 1) {
      one.say('{');
      other.say('');
    }
    clock.advance(999);
    expect(other.all('log').at(-1)?.message).toBe('Malformed client messages: 1');
    clock.advance(1);
    clock.advance(60_000);
    expect(refused('malformed', 'diagnostics')).toBe(30);
    const told = other.all('log').slice(-2);
    expect(told.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warning Malformed client messages: 1',
      'warning Malformed client messages: 29',
    ]);
    expect(one.transport.closes).toEqual([]);
  });

  it('leaves a line with what it was sent and what it was not', () => {
    const { connect, publish, lines, states } = setUpDiagnostics();
    const client = connect();
    publish('log', examples.log);
    client.say({ type: 'ping' });
    client.transport.end();
    expect(lines('info').at(-1)).toBe('WebSocket disconnected: id-1 (sent: 4, dropped: 0)');
    expect(states()).toEqual([]);
  });

  it('that says what dashboards say every 10 s stays for an hour, and one that says nothing too', () => {
    const { connect, clock } = setUpDiagnostics();
    const [talking, silent] = [connect(), connect()];
    for (let second = 0; second < 3600; second += 10) {
      for (const type of ['subscribe', 'refresh', 'ping']) talking.say({ type });
      clock.advance(10_000);
    }
    expect([talking.transport.closes, silent.transport.closes]).toEqual([[], []]);
    const count = (type: string) => talking.types().filter((one) => one === type).length;
    expect([count('pong'), count('logs')]).toEqual([360, 361]);
    // Each 5 s for an hour, at the start, and as often as it asked.
    expect(count('telemetry')).toBe(720 + 1 + 360);
    expect(silent.types().filter((one) => one === 'telemetry')).toHaveLength(721);
  });
});
