import type { Refusal } from '../access/guard.ts';
import { problemResponse } from './problem.ts';
import type { Router } from './router.ts';

export interface Readiness {
  readonly ready: boolean;
  /** What is not there yet, and what to look at. */
  readonly missing: readonly string[];
}

export interface OperationsOptions {
  readonly health: () => object;
  readonly readiness: () => Readiness;
  /** Whether a request may read the metrics. */
  readonly authoriseMetrics: (request: Request) => Promise<{ readonly ok: true } | Refusal>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** What orchestrators and monitoring ask: alive, ready, how it goes, and figures. */
export function addOperationsRoutes(
  router: Router,
  { health, readiness, authoriseMetrics, metrics }: OperationsOptions,
): void {
  router.get('/livez', (context) => context.json({ status: 'alive' }));
  router.get('/readyz', (context) => {
    const state = readiness();
    return context.json(state, state.ready ? 200 : 503);
  });
  router.get('/health', (context) => context.json(health()));
  router.get('/metrics', async (context) => {
    const verdict = await authoriseMetrics(context.req.raw);
    if (!verdict.ok) return problemResponse(verdict.code, verdict);
    const { contentType, text } = await metrics();
    return context.body(text, 200, { 'content-type': contentType });
  });
}
