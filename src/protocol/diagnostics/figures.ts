import { type Clock, isoTime } from '../../core/clock.ts';
import { equalJson, type JsonValue } from '../../core/json.ts';
import type { Engine } from '../../source/engine.ts';
import type { LastLlmCall, TelemetryFigures } from './packets.ts';
import type { LlmEvent } from './schema.ts';

/** Where the figures come from. */
interface FigureInputs {
  /** Has the figures of the gateway's requests. */
  readonly engine: Pick<Engine, 'figures'>;
  /** What the engine's state says of its plans; undefined where it says nothing, or nobody asks it. */
  readonly activePlans: () => JsonValue | undefined;
  /** Open sessions of every dialect. */
  readonly sessions: { readonly size: number };
  /** Knows when the last fan-out was, epoch ms. */
  readonly hub: { readonly lastFanOutAt: number | undefined };
  readonly clock: Clock;
}

const noLlm: LastLlmCall = {
  llm_latency_ms: null,
  llm_prompt_tokens: null,
  llm_completion_tokens: null,
  llm_total_tokens: null,
  persona_sentiment: null,
  persona_confidence: null,
  last_llm_update: null,
  last_llm_session: null,
};

/** Those whose change is one. */
type ShownFigures = Omit<TelemetryFigures, 'last_update' | 'last_broadcast'>;

/** The figures that a `telemetry` frame shows, as they are when it is asked. */
export class DiagnosticsFigures {
  readonly #inputs: FigureInputs;
  #llm = noLlm;
  #plans = 0;
  #shown: ShownFigures;
  #changedAt: number;
  #plansInState: JsonValue | undefined;

  constructor(inputs: FigureInputs) {
    this.#inputs = inputs;
    this.#shown = this.#now();
    this.#changedAt = inputs.clock.now();
  }

  /** `last_update` is when a change was first seen here; that of `last_broadcast`, which reading causes, is none. */
  read(): TelemetryFigures {
    const { clock, hub } = this.#inputs;
    const figures = this.#now();
    if (!equalJson(figures, this.#shown)) this.#changedAt = clock.now();
    this.#shown = figures;
    return {
      ...figures,
      last_update: isoTime(this.#changedAt),
      last_broadcast: timeOrNull(hub.lastFanOutAt),
    };
  }

  #now(): ShownFigures {
    const { engine, sessions } = this.#inputs;
    const { requestCount, successPercent, latencyMs, lastSuccessAt } = engine.figures();
    return {
      api_latency_ms: twoDecimals(latencyMs ?? 0),
      request_count: requestCount,
      success_rate: twoDecimals(successPercent),
      active_plans: this.#activePlans(),
      active_websockets: sessions.size,
      last_poll: timeOrNull(lastSuccessAt),
      ...this.#llm,
    };
  }

  /** Replaces those of the last call of a language model. */
  noteLlm(event: LlmEvent): void {
    this.#llm = {
      llm_latency_ms: event.llm_latency_ms ?? null,
      llm_prompt_tokens: event.llm_prompt_tokens ?? null,
      llm_completion_tokens: event.llm_completion_tokens ?? null,
      llm_total_tokens: event.llm_total_tokens ?? null,
      persona_sentiment: event.persona_sentiment ?? null,
      persona_confidence: event.persona_confidence ?? null,
      last_llm_update: event.last_llm_update ?? isoTime(this.#inputs.clock.now()),
      last_llm_session: event.last_llm_session ?? null,
    };
    // Takes note of the state first, so that it does not override this newer value.
    this.#activePlans();
    if (isCount(event.active_plans)) this.#plans = event.active_plans;
  }

  /** Reported by the state and by events: the last change wins. */
  #activePlans(): number {
    const told = this.#inputs.activePlans();
    if (told !== this.#plansInState && isCount(told)) this.#plans = told;
    this.#plansInState = told;
    return this.#plans;
  }
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
