import { Hono } from 'hono';
import { z } from 'zod';
import type { Market } from './market.ts';
import { badField, type Call, type Routes, readJson, refusalOf } from './request.ts';

const reasonRule = 'reason must be a string of 500 characters at most';
const commandSchema = z.object(
  { reason: z.string(reasonRule).max(500, reasonRule).optional() },
  'the body must be a JSON object',
);
const maxKeyLength = 200;

/**
 * The trading engine's own endpoints. HALT and RESUME take an optional JSON body `{reason?}` and honour the header
 * `Idempotency-Key`.
 *
 * @param activePlans completes the state document
 */
export function systemRoutes(market: Market, activePlans: () => number): Routes {
  const answers = new FirstAnswers();

  async function run(c: Call, name: string, command: (reason?: string) => object): Promise<Response> {
    const reason = await readReason(c);
    const key = c.req.header('idempotency-key');
    if (key !== undefined && (key === '' || key.length > maxKeyLength)) {
      const message = `Idempotency-Key must have 1 to ${maxKeyLength} characters`;
      throw badField({ field: 'Idempotency-Key', message });
    }
    const { answer, isRepeated } = answers.once(key === undefined ? undefined : `${name} ${key}`, () => ({
      ...command(reason),
      reason,
    }));
    if (isRepeated) c.header('idempotent-replayed', 'true');
    return c.json(answer);
  }

  const routes: Routes = new Hono();
  return routes
    .get('/api/system/state/current', (c) => {
      const symbol = c.req.query('symbol');
      const document = market.state(symbol);
      if (document !== undefined) return c.json({ ...document, active_plans: activePlans() });
      const known = market.symbols;
      return c.json({ error: 'unknown symbol', symbol: symbol?.slice(0, 40), symbols: known }, 404);
    })
    .get('/api/system/metrics/agents', (c) => c.json(market.agents()))
    .get('/api/system/metrics/models', (c) => c.json(market.models()))
    .post('/api/system/halt', (c) =>
      run(c, 'halt', (reason) => {
        market.halt(reason);
        return { status: market.status(), halted_at: market.statusSince() };
      }),
    )
    .post('/api/system/resume', (c) =>
      run(c, 'resume', (reason) => {
        market.resume(reason);
        return { status: market.status(), resumed_at: market.statusSince() };
      }),
    )
    .get('/health', (c) => c.json({ status: 'ok' }));
}

async function readReason(c: Call): Promise<string | undefined> {
  const body = await readJson(c);
  if (body === undefined) return undefined;
  const parsed = commandSchema.safeParse(body);
  if (!parsed.success) throw badField(refusalOf(parsed.error, commandSchema));
  return parsed.data.reason;
}

const maxKeys = 1000;

/** What was answered to a key, so that a repeated command has no second effect. Keeps the last 1,000 keys. */
export class FirstAnswers {
  readonly #answers = new Map<string, object>();

  /** Runs `command` the first time this key comes; later ones get the first answer. */
  once(key: string | undefined, command: () => object): { answer: object; isRepeated: boolean } {
    const known = key === undefined ? undefined : this.#answers.get(key);
    if (known !== undefined) return { answer: known, isRepeated: true };
    const answer = command();
    if (key !== undefined) this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxKeys && oldest !== undefined) this.#answers.delete(oldest);
    return { answer, isRepeated: false };
  }
}
