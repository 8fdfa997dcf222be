import { type Random, round } from './random.ts';

export interface AgentFigures {
  name: string;
  /** Milliseconds, smoothed. */
  latency_ms: number;
  /** 0 to 1. */
  success_rate: number;
  invocations: number;
}

export interface ModelFigures {
  /** Milliseconds, smoothed. */
  latency_ms: number;
  invocations: number;
  /** 0 to 1; only models with a cache have it. */
  cache_hit_rate?: number;
}

export interface Performance {
  step(): void;
  agents(): AgentFigures[];
  models(): Record<string, ModelFigures>;
}

/** Name, and the latency it hovers around in ms. */
const agentSpecs = [
  ['MacroAgent', 180],
  ['PhysicsAgent', 24],
  ['SentimentAgent', 310],
  ['RiskAgent', 41],
  ['ExecutionAgent', 17],
  ['AnalystAgent', 460],
] as const;

/** Name, usual latency in ms, usual cache hit rate (absent: no cache). */
const modelSpecs = [
  ['ChronosService', 120, 0.71],
  ['FinBERTService', 64, 0.93],
  ['KalmanFilter', 2.4, undefined],
  ['OllamaReasoner', 890, undefined],
] as const;

const usualSuccess = 0.975;

export function createPerformance(random: Random): Performance {
  const agents = agentSpecs.map(([name, usualMs]) => ({
    usualMs,
    figures: {
      name,
      latency_ms: around(usualMs),
      success_rate: round(random.between(0.94, 1), 4),
      invocations: random.below(3000),
    } satisfies AgentFigures,
  }));
  const models = modelSpecs.map(([name, usualMs, hitRate]) => {
    const figures: ModelFigures = { latency_ms: around(usualMs), invocations: random.below(6000) };
    if (hitRate !== undefined) figures.cache_hit_rate = hitRate;
    return { name, usualMs, usualHitRate: hitRate ?? 0, figures };
  });

  /** Latencies are skewed: never far below the usual, now and then far above. */
  function around(usualMs: number): number {
    return round(usualMs * Math.exp(random.normal() * 0.35), 1);
  }

  function called(figures: { latency_ms: number; invocations: number }, usualMs: number): void {
    figures.latency_ms = round(figures.latency_ms * 0.85 + around(usualMs) * 0.15, 1);
    figures.invocations += 1;
  }

  return {
    step() {
      for (const { figures, usualMs } of agents) {
        if (!random.chance(0.35)) continue;
        called(figures, usualMs);
        if (random.chance(0.15)) figures.success_rate = wander(figures.success_rate, usualSuccess, random);
      }
      for (const { figures, usualMs, usualHitRate } of models) {
        if (!random.chance(0.5)) continue;
        called(figures, usualMs);
        if (figures.cache_hit_rate !== undefined && random.chance(0.3)) {
          figures.cache_hit_rate = wander(figures.cache_hit_rate, usualHitRate, random);
        }
      }
    },
    agents: () => agents.map(({ figures }) => ({ ...figures })),
    models: () => Object.fromEntries(models.map(({ name, figures }) => [name, { ...figures }])),
  };
}

/** A rate that moves a little and is drawn back to its usual value. */
function wander(rate: number, usual: number, random: Random): number {
  return round(Math.min(1, Math.max(0, rate + 0.02 * (usual - rate) + random.normal() * 0.001)), 4);
}
