import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { Market } from '../../src/demo/market.ts';

/** `quiet`: nothing moves but `timestamp`. */
export type Variant = 'normal' | 'quiet';

/** One document a tick of about a second, each new, as if it had just been parsed; the same for the same seed. */
export type Simulate = (variant: Variant, ticks: number, seed: number) => readonly JsonObject[];

const start = Date.parse('2026-01-05T14:30:00.000Z');
/** Until the log has its ten lines. */
const stepsBefore = 60;

/** The demo engine's market, whose answers the gateway would merge into such documents (2.3 KB each). */
const simulateMarket: Simulate = (variant, ticks, seed) => {
  let now = start;
  const market = new Market(seed, () => now);
  const step = (): void => {
    now += 1000;
    market.step();
  };
  for (let index = 0; index < stepsBefore; index += 1) step();
  return Array.from({ length: ticks }, () => {
    if (variant === 'normal') step();
    else now += 1000;
    const agents = Object.fromEntries(market.agents().map(({ name, ...figures }) => [name, figures]));
    const timestamp = new Date(now).toISOString();
    return asDocument(
      JSON.parse(JSON.stringify({ ...market.state(), timestamp, agents, models: market.models() })),
    );
  });
};

/**
 * The simulator to measure with: `--simulator PATH` names a module that exports `simulate(variant, ticks, seed)`;
 * without it the demo engine's market is used.
 */
export async function chooseSimulator(): Promise<{ readonly simulate: Simulate; readonly text: string }> {
  const { simulator } = parseArgs({ strict: false, options: { simulator: { type: 'string' } } }).values;
  if (typeof simulator !== 'string') {
    return { simulate: simulateMarket, text: 'documents of the demo market (others: --simulator PATH)' };
  }
  // npm runs scripts in the package's folder, and says where it was called.
  const path = resolve(process.env.INIT_CWD ?? '.', simulator);
  const module: unknown = await import(pathToFileURL(path).href);
  const simulate: unknown =
    typeof module === 'object' && module !== null ? Reflect.get(module, 'simulate') : undefined;
  if (typeof simulate !== 'function') throw new Error(`${path} exports no function "simulate"`);
  return {
    text: `documents of ${simulator}`,
    simulate: (variant, ticks, seed) => {
      const documents: unknown = simulate(variant, ticks, seed);
      if (!Array.isArray(documents)) throw new Error(`${path}: simulate() returned no array`);
      return documents.map(asDocument);
    },
  };
}

function asDocument(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Error('a simulated document is no JSON object');
  return value;
}
