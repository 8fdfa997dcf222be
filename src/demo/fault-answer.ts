import type { Fault } from './fault.ts';
import { json, type Reply, text } from './reply.ts';

/** Over the 5 MiB that a client of an engine may be expected to refuse. */
const hugeBytes = 5.25 * 1024 * 1024;

/** None of them is a JSON object. */
const malformedBodies: readonly [string, ...string[]] = [
  '{"timestamp":"2025-12-21T12:00:00Z","market":{"symbol":"SPY","pri',
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
  '',
  '[1,2,3]',
  '"engine"',
  '{"a":}',
];

/** Another host, and yet one that never leaves the machine should somebody follow it. */
const elsewhere = 'http://127.0.0.2:9';

type WrongAnswer = (path: string) => Reply;

/** `market` as a string, `agents` as a number, a redirect, a price as a string, a list for an object. */
const wrongState: readonly [WrongAnswer, ...WrongAnswer[]] = [
  () => json(200, { timestamp: new Date(0).toISOString(), status: 'ACTIVE', market: 'SPY 450.32' }),
  () => json(200, { timestamp: 'yesterday', status: 7, market: { symbol: 'SPY', price: '450.32' } }),
  (path) => json(302, { moved: true }, { location: `${elsewhere}${path}` }),
  () => json(200, { status: 'ACTIVE', market: { symbol: 'SPY', price: 450.32 }, portfolio: [], logs: {} }),
];

const wrongMetrics: readonly [WrongAnswer, ...WrongAnswer[]] = [
  () => json(200, 42),
  () => json(200, { agents: 42, MacroAgent: 42 }),
  (path) => json(302, { moved: true }, { location: `${elsewhere}${path}` }),
  () => json(200, [{ latency_ms: '45.2' }, null]),
];

/** Not a list, fields of the wrong kind, a redirect, a name that would lead out of a folder. */
const wrongInstances: readonly [WrongAnswer, ...WrongAnswer[]] = [
  () => json(200, { instances: 'agent-1' }),
  () => json(200, { instances: [{ name: 7, status: 'running', port: '18801', pid: 'none' }, null] }),
  (path) => json(302, { moved: true }, { location: `${elsewhere}${path}` }),
  () => json(200, [{ name: '../../etc/passwd', status: 'running', port: 18_801, pid: 1, archived_at: null }]),
];

function wrongAnswers(path: string): readonly [WrongAnswer, ...WrongAnswer[]] {
  if (path.includes('/metrics/')) return wrongMetrics;
  return path.startsWith('/api/instances') ? wrongInstances : wrongState;
}

/** `hang` is no answer at all; `slow` is the right answer later, and so not made here. */
export type FaultAnswer = Reply | 'hang';

/** Makes the answers of faults. The kinds that have several answers take turns, path by path. */
export function createFaultAnswers(): (fault: Fault, path: string) => FaultAnswer | undefined {
  const turns = new Map<string, number>();
  let huge: Buffer | undefined;

  function turn<T>(path: string, answers: readonly [T, ...T[]]): T {
    const count = turns.get(path) ?? 0;
    // Paths come from requests: forget the turns rather than remember paths without bound.
    if (turns.size > 100) turns.clear();
    turns.set(path, count + 1);
    return answers[count % answers.length] ?? answers[0];
  }

  return (fault, path) => {
    switch (fault.kind) {
      case 'slow':
        return undefined;
      case 'hang':
        return 'hang';
      case 'error':
        return json(fault.status, { error: 'demo fault', status: fault.status });
      case 'offline':
        return json(200, { error: 'engine offline', status: 'offline' });
      case 'malformed':
        return text(200, turn(path, malformedBodies), { 'content-type': 'application/json' });
      case 'wrong':
        return turn(path, wrongAnswers(path))(path);
      case 'huge':
        huge ??= Buffer.from(JSON.stringify({ status: 'ACTIVE', padding: 'x'.repeat(hugeBytes) }));
        return text(200, huge, { 'content-type': 'application/json' });
    }
  };
}
