import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';

/** What a viewer may ask for. */
export interface View {
  readonly hours: number;
  /** Undefined: everything. */
  readonly sections?: readonly string[] | undefined;
}

/** The first two move with each version, the last never does. */
export const sectionChoices = [
  undefined,
  ['overview.claude_api'],
  ['activity', 'overview.tasks'],
] as const satisfies readonly View['sections'][];

/** The engine's figures: a version, which counts up, and the range, in places that every choice of sections has. */
export function figuresOf(version: number, hours: number): JsonObject {
  return {
    overview: {
      tasks: { total: hours, running: 0, completed: hours, failed: 0 },
      costs: { total_cost: 12.45 },
      claude_api: { total_requests: version, total_input_tokens: hours, total_output_tokens: 0 },
      tools: { total_calls: 1, by_type: { Read: 1 } },
    },
    sessions: { total_sessions: 1, total_tools: 1, tools_by_type: { Read: 1 } },
    activity: [{ description: 'Task completed', timestamp: 1_729_432_100.5 }],
  };
}

/** What a viewer is to be shown of a version. */
export function shownOf(version: number, { hours, sections }: View): JsonObject {
  const whole = figuresOf(version, hours);
  if (sections === undefined) return whole;
  const shown: Record<string, JsonObject[string]> = {};
  for (const path of sections) {
    const [head = '', tail] = path.split('.');
    const part = whole[head];
    if (part === undefined) continue;
    if (tail === undefined) shown[head] = part;
    else if (isJsonObject(part)) shown[head] = { ...Object(shown[head]), [tail]: part[tail] };
  }
  return shown;
}

/** What a viewer was sent. */
export interface Shown {
  readonly hours: number | undefined;
  /** Undefined where its sections do not show it. */
  readonly version: number | undefined;
  /** Epoch seconds. */
  readonly timestamp: number;
  /** All of it but the timestamp. */
  readonly figures: JsonObject;
}

export function readUpdate(update: JsonObject): Shown {
  const { timestamp, ...figures } = update;
  if (typeof timestamp !== 'number') throw new Error(`no timestamp: ${JSON.stringify(update)}`);
  const api = numbersAt(figures, 'claude_api');
  return {
    hours: api.total_input_tokens ?? numbersAt(figures, 'tasks').total,
    version: api.total_requests,
    timestamp,
    figures,
  };
}

function numbersAt({ overview }: JsonObject, name: string): Record<string, number | undefined> {
  return isJsonObject(overview) ? Object(overview[name]) : {};
}
