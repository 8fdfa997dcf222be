import { type Random, round } from '../random.ts';
import type { Persona } from './persona.ts';

/** Figures of one call of a language model for the channel `diagnostics:llm`, but for their time. */
export interface LlmFigures {
  /** Milliseconds. */
  llm_latency_ms: number;
  llm_prompt_tokens: number;
  llm_completion_tokens: number;
  llm_total_tokens: number;
  persona_sentiment: string;
  /** 0 to 1. */
  persona_confidence: number;
  active_plans: number;
}

export interface Llm {
  call(): LlmFigures;
  /** `session-<number>`; a new one begins now and then. */
  session(): string;
}

export function createLlm(random: Random, persona: Persona): Llm {
  let session = 100 + random.below(900);

  return {
    call() {
      if (random.chance(0.1)) session += 1;
      const prompt = 60 + random.below(900);
      const completion = 20 + random.below(400);
      const { sentiment, confidence } = persona.mood();
      return {
        // A wait for the first token, and then so long a token; latencies are skewed upwards.
        llm_latency_ms: round((300 + completion * 9) * Math.exp(random.normal() * 0.25), 1),
        llm_prompt_tokens: prompt,
        llm_completion_tokens: completion,
        llm_total_tokens: prompt + completion,
        persona_sentiment: sentiment,
        persona_confidence: confidence,
        active_plans: persona.activePlans(),
      };
    },
    session: () => `session-${session}`,
  };
}
