import type { JsonObject, JsonValue } from '../../src/core/json.ts';

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
type Random = () => number;

function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes the events of an engine whose every tick moves something, odd things among it. */
export interface Simulation {
  readonly random: Random;
  /** The next event, about this symbol. */
  next(symbol: string): JsonObject;
  /** An event that moves every section that `next` ever touches. */
  last(symbol: string): JsonObject;
}

const agentNames = Array.from({ length: 40 }, (_, index) => `agent-${index}`);

export function createSimulation(seed: number): Simulation {
  const random = createRandom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const chance = (probability: number): boolean => random() < probability;
  let tick = 0;
  let logs: JsonObject[] = [];

  /** What a delta has a hard time with, each now and then. */
  const oddities: (() => JsonObject)[] = [
    // Null where the protocol keeps it: no merge patch can say that.
    () => ({ market: { alpha: null }, portfolio: { nav: null } }),
    () => ({ market: { alpha: random() }, portfolio: { nav: 1e6 * random() } }),
    // A key comes, changes its kind, goes.
    () => ({ own: { flag: chance(0.5), list: [null, { deep: [tick, null] }] } }),
    () => ({ own: { flag: { nested: { price: tick } }, list: {} } }),
    () => ({ own: { flag: null } }),
    () => ({ own: null }),
    () => ({ own: 'text instead of an object', 'é "\\ ': { '': tick } }),
    () => ({ 'é "\\ ': null }),
    // A packet that is suddenly large, and then is not.
    () => ({ signal: { reasoning: 'because '.repeat(below(2000)) } }),
    () => ({ signal: { reasoning: '', confidence: -0 } }),
    () => ({ models: { [`model-${below(5)}`]: chance(0.3) ? null : { loss: random(), note: null } } }),
  ];

  const rollLogs = (): JsonValue => {
    const line = { level: 'INFO', message: `tick ${tick}`, timestamp: timeOf(tick) };
    if (chance(0.02)) logs = [];
    // The same line twice, too: where an array of equals rolled on cannot be seen.
    logs = [...logs, line, ...(chance(0.2) ? [line] : [])].slice(-10);
    return logs;
  };

  const movement = (symbol: string): JsonObject => {
    tick += 1;
    return {
      timestamp: timeOf(tick),
      market: {
        symbol,
        price: 400 + random(),
        velocity: random() - 0.5,
        regime: chance(0.1) ? 'wild' : 'calm',
      },
    };
  };
  const agents = (count: number): JsonObject =>
    Object.fromEntries(
      agentNames
        .slice(0, count)
        .map((name) => [name, { score: random(), note: 'n'.repeat(400 + below(200)) }]),
    );

  return {
    random,
    next(symbol) {
      const odd = chance(0.15) ? oddities[below(oddities.length)]?.() : undefined;
      return merge(
        movement(symbol),
        odd ?? {},
        chance(0.5) ? { logs: rollLogs() } : {},
        chance(0.3) ? { agents: agents(1 + below(agentNames.length)) } : {},
      );
    },
    last: (symbol) =>
      merge(movement(symbol), {
        logs: rollLogs(),
        agents: agents(40),
        own: { end: tick },
        models: { end: {} },
      }),
  };
}

function merge(...events: JsonObject[]): JsonObject {
  const merged: Record<string, JsonValue> = {};
  for (const event of events) {
    for (const [key, value] of Object.entries(event)) {
      const before = merged[key];
      merged[key] = isPlain(before) && isPlain(value) ? { ...before, ...value } : value;
    }
  }
  return merged;
}

function isPlain(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function timeOf(tick: number): string {
  return new Date(Date.UTC(2026, 0, 2) + tick * 1000).toISOString();
}
