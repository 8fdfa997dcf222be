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

/** How the engine's agents and models do: what its two metrics endpoints answer. */
export class Performance {
  readonly #random: Random;
  readonly #agents: { usualMs: number; figures: AgentFigures }[];
  readonly #models: { name: string; usualMs: number; usualHitRate: number; figures: ModelFigures }[];

  constructor(random: Random) {
    this.#random = random;
    this.#agents = agentSpecs.map(([name, usualMs]) => ({
      usualMs,
      figures: {
        name,
        latency_ms: this.#around(usualMs),
        success_rate: round(random.between(0.94, 1), 4),
        invocations: random.below(3000),
      },
    }));
    this.#models = modelSpecs.map(([name, usualMs, hitRate]) => {
      const figures: ModelFigures = { latency_ms: this.#around(usualMs), invocations: random.below(6000) };
      if (hitRate !== undefined) figures.cache_hit_rate = hitRate;
      return { name, usualMs, usualHitRate: hitRate ?? 0, figures };
    });
  }

  step(): void {
    const random = this.#random;
    for (const { figures, usualMs } of this.#agents) {
      if (!random.chance(0.35)) continue;
      this.#called(figures, usualMs);
      if (random.chance(0.15)) figures.success_rate = wander(figures.success_rate, usualSuccess, random);
    }
    for (const { figures, usualMs, usualHitRate } of this.#models) {
      if (!random.chance(0.5)) continue;
      this.#called(figures, usualMs);
      if (figures.cache_hit_rate !== undefined && random.chance(0.3)) {
        figures.cache_hit_rate = wander(figures.cache_hit_rate, usualHitRate, random);
      }
    }
  }

  agents(): AgentFigures[] {
    return this.#agents.map(({ figures }) => ({ ...figures }));
  }

  models(): Record<string, ModelFigures> {
    return Object.fromEntries(this.#models.map(({ name, figures }) => [name, { ...figures }]));
  }

  /** Latencies are skewed: never far below the usual, now and then far above. */
  #around(usualMs: number): number {
    return round(usualMs * Math.exp(this.#random.normal() * 0.35), 1);
  }

  #called(figures: { latency_ms: number; invocations: number }, usualMs: number): void {
    figures.latency_ms = round(figures.latency_ms * 0.85 + this.#around(usualMs) * 0.15, 1);
    figures.invocations += 1;
  }
}

/** A rate that moves a little and is drawn back to its usual value. */
function wander(rate: number, usual: number, random: Random): number {
  return round(Math.min(1, Math.max(0, rate + 0.02 * (usual - rate) + random.normal() * 0.001)), 4);
}
