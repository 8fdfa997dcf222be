import { type Clock, isoTime } from '../../core/clock.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EngineFigures } from '../../source/engine.ts';
import type { LlmFigures, Telemetry } from './packets.ts';
import type { LlmEvent } from './schema.ts';

export interface FiguresOptions {
  /** Of the gateway's requests to the engine. */
  readonly engine: () => EngineFigures;
  /** What the engine's state says of its plans; undefined where it says nothing, or nobody asks it. */
  readonly activePlans: () => JsonValue | undefined;
  /** Open sessions of every dialect. */
  readonly sessions: () => number;
  /** Epoch ms. */
  readonly lastFanOutAt: () => number | undefined;
  readonly clock: Clock;
}

/** The figures that a `telemetry` frame shows, as they are when it is asked. */
export interface Figures {
  read(): Telemetry;
  /** Replaces those of the last call of a language model. */
  noteLlm(event: LlmEvent): void;
}

const noLlm: LlmFigures = {
  llm_latency_ms: null,
  llm_prompt_tokens: null,
  llm_completion_tokens: null,
  llm_total_tokens: null,
  persona_sentiment: null,
  persona_confidence: null,
  last_llm_update: null,
  last_llm_session: null,
};

export function createFigures(options: FiguresOptions): Figures {
  const { engine, sessions, lastFanOutAt, clock } = options;
  let llm = noLlm;
  let plans = 0;
  let plansInState: JsonValue | undefined;

  /** The state and the events both tell them: who said something new last is right. */
  const activePlans = (): number => {
    const told = options.activePlans();
    if (told !== plansInState && isCount(told)) plans = told;
    plansInState = told;
    return plans;
  };

  return {
    read() {
      const { requestCount, successPercent, latencyMs, lastSuccessAt } = engine();
      return {
        api_latency_ms: twoDecimals(latencyMs ?? 0),
        request_count: requestCount,
        success_rate: twoDecimals(successPercent),
        active_plans: activePlans(),
        active_websockets: sessions(),
        last_update: timeOrNull(lastSuccessAt),
        last_broadcast: timeOrNull(lastFanOutAt()),
        ...llm,
      };
    },
    noteLlm({ active_plans, ...event }) {
      llm = {
        llm_latency_ms: event.llm_latency_ms ?? null,
        llm_prompt_tokens: event.llm_prompt_tokens ?? null,
        llm_completion_tokens: event.llm_completion_tokens ?? null,
        llm_total_tokens: event.llm_total_tokens ?? null,
        persona_sentiment: event.persona_sentiment ?? null,
        persona_confidence: event.persona_confidence ?? null,
        last_llm_update: event.last_llm_update ?? isoTime(clock.now()),
        last_llm_session: event.last_llm_session ?? null,
      };
      // What the state said until now is older than this.
      activePlans();
      if (isCount(active_plans)) plans = active_plans;
    },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}

function timeOrNull(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : isoTime(epochMs);
}
