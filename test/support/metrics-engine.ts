import { createServer, type ServerResponse } from 'node:http';
import type { JsonObject } from '../../src/core/json.ts';
import { type Resource, waitFor } from './wait.ts';

/** How the engine answers `/api/metrics/overview`. */
export interface MetricsAnswer {
  /** The body, or what makes it for the hours asked for; a string is sent as it is. */
  readonly snapshot: JsonObject | string | ((hours: string) => JsonObject | string);
  /** Default 200. */
  readonly status: number;
  /** From the request to its answer, which is made when it is sent. Default 0. */
  readonly delayMs: number;
  /** Requests wait, and are answered when this ends. Default false. */
  readonly hangs: boolean;
}

export interface MetricsRequest {
  /** As the query has it; '' where it has none. */
  readonly hours: string;
  /** By `performance.now()`. */
  readonly at: number;
}

/** An engine over real HTTP whose metrics the test decides, and that writes down each request for them. */
export interface MetricsEngine extends Resource {
  readonly url: string;
  /** Oldest first. */
  readonly requests: readonly MetricsRequest[];
  /** Requests for that range so far. */
  count(hours: number): number;
  /** Resolves when there have been so many requests for that range. */
  asked(hours: number, count: number): Promise<void>;
  /** Changes what is named and leaves the rest, from now on and for requests that wait. */
  set(answer: Partial<MetricsAnswer>): void;
  stop(): Promise<void>;
}

/** A snapshot as engines give it; `requests` tells one from another, `hours` is written into a field of its own. */
export function snapshotOf(requests: number, hours: string | number = 24): JsonObject {
  return {
    overview: {
      tasks: { total: 42, running: 3, completed: 35, failed: 4 },
      costs: { total_cost: 12.45, haiku_cost: 8.2, sonnet_cost: 4.25 },
      claude_api: { total_requests: requests, total_input_tokens: 45_000, total_output_tokens: 23_000 },
      tools: { total_calls: 201, by_type: { Read: 89, Edit: 45, Bash: 67 } },
      hours: Number(hours),
    },
    sessions: { total_sessions: 15, total_tools: 201, tools_by_type: { Read: 89, Edit: 45, Bash: 67 } },
    activity: [{ description: 'Task completed', timestamp: 1_729_432_100.5 }],
    timestamp: Date.now() / 1000,
  };
}

/** At first it answers `snapshotOf(1, hours)`, each time with the present time. */
export async function startMetricsEngine(first: Partial<MetricsAnswer> = {}): Promise<MetricsEngine> {
  let answer: MetricsAnswer = {
    snapshot: (hours) => snapshotOf(1, hours === '' ? 24 : hours),
    status: 200,
    delayMs: 0,
    hangs: false,
    ...first,
  };
  const requests: MetricsRequest[] = [];
  const waiting: (() => void)[] = [];

  function reply(response: ServerResponse, hours: string): void {
    const { snapshot, status } = answer;
    const body = typeof snapshot === 'function' ? snapshot(hours) : snapshot;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine');
    if (pathname !== '/api/metrics/overview') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    const hours = searchParams.get('hours') ?? '';
    requests.push({ hours, at: performance.now() });
    const send = (): void => reply(response, hours);
    if (answer.hangs) waiting.push(send);
    else if (answer.delayMs === 0) send();
    else setTimeout(send, answer.delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const count = (hours: number): number =>
    requests.filter((request) => request.hours === String(hours)).length;
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    count,
    async asked(hours, times) {
      await waitFor(`${times} requests for ${hours} h`, () => count(hours) >= times, {
        state: () => requests,
      });
    },
    set(change) {
      answer = { ...answer, ...change };
      if (!answer.hangs) for (const send of waiting.splice(0)) send();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
