import { z } from 'zod';
import { isoTime } from '../../core/clock.ts';
import { type Instant, readInstant } from '../../core/instant.ts';
import { isJsonObject, type JsonArray, type JsonObject, numberAsText } from '../../core/json.ts';

/**
 * What may come in, by Redis and by POST. Of diary entries all fields stay, of other events those that no page names are
 * left out; what is not valid is refused whole.
 */

const instant = z.unknown().transform((value, { issues }): Instant => {
  const read = readInstant(value);
  if (read !== undefined) return read;
  issues.push({ code: 'custom', message: 'expected an ISO 8601 date and time', input: value });
  return z.NEVER;
});
const timestamp = instant.transform(({ text }) => text).describe('ISO 8601; default: when it was received');
const short = z.string().min(1).max(256);
const id = z.preprocess(numberAsText, short);
const text = z.string().max(16_384);
const share = z.number().min(0).max(1);
const count = z.int().min(0);
const object = z.custom<JsonObject>(isJsonObject, 'expected an object').meta({ type: 'object' });

const list = z.custom<JsonArray>((value) => Array.isArray(value), 'expected a list').meta({ type: 'array' });

export const entryLevels = ['info', 'warning', 'error'] as const;
/** Of a diary entry: `observation`, `reflection`, `goal`, `plan`, `decision`, `outcome`, or another name. */
export const entryType = z.string().min(1).max(64);

/** What a diary entry comes with besides the fields that are named. */
const maxFurtherBytes = 16 * 1024;
const maxFurtherDepth = 8;

export const logEvent = z.object({
  /** To the millisecond, as those of the gateway's own records. */
  timestamp: instant.transform(({ epochMs }) => isoTime(epochMs)).optional(),
  level: z.enum(entryLevels),
  message: text.min(1),
});

const personaFields = {
  id: id.optional().describe('Default: entry_id, or one is made'),
  entry_id: id.nullish().describe('Default: id'),
  timestamp: timestamp.optional(),
  entry_type: entryType,
  content: text,
  summary: text.nullish(),
  sentiment: short.nullish(),
  confidence: share.nullish(),
  metadata: object.nullish(),
  emotion_tags: list.nullish(),
  related_process_ids: list.nullish(),
  related_goal_ids: list.nullish(),
};
export const personaEvent = z.looseObject(personaFields).superRefine((event, { addIssue }) => {
  const further = Object.entries(event).filter(([key]) => !Object.hasOwn(personaFields, key));
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(further)));
  if (bytes > maxFurtherBytes) {
    const names = further.map(([key]) => key).join(', ');
    addIssue(`${bytes} bytes in further fields, ${maxFurtherBytes} at most: ${names}`);
  }
  for (const [key, value] of further) {
    if (!isDeeperThan(value, maxFurtherDepth)) continue;
    addIssue({ code: 'custom', path: [key], message: `nested deeper than ${maxFurtherDepth} levels` });
  }
});

/** Whether objects and lists are nested in each other more often than that. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

export const graphEvent = z.object({
  update_type: short,
  entity_id: id,
  timestamp: timestamp.optional(),
  details: object.nullish(),
});

const llmFields = {
  llm_latency_ms: z.number().min(0).nullish(),
  llm_prompt_tokens: count.nullish(),
  llm_completion_tokens: count.nullish(),
  llm_total_tokens: count.nullish(),
  persona_sentiment: short.nullish(),
  persona_confidence: share.nullish(),
  last_llm_session: id.nullish(),
  active_plans: count.nullish(),
};
export const llmEvent = z
  .object({ ...llmFields, last_llm_update: timestamp.nullish() })
  .refine((event) => Object.keys(llmFields).some((name) => (Reflect.get(event, name) ?? null) !== null), {
    error: `expected at least one of ${Object.keys(llmFields).join(', ')}`,
  });

/** The kinds of events, as their Redis channels and a POST name them. */
export const eventKinds = ['log', 'persona_entry', 'graph_update', 'llm'] as const;
export type EventKind = (typeof eventKinds)[number];

export type LogEvent = z.infer<typeof logEvent>;
export type PersonaEvent = z.infer<typeof personaEvent>;
export type GraphEvent = z.infer<typeof graphEvent>;
export type LlmEvent = z.infer<typeof llmEvent>;

/** The envelope of a POST; its `data` is checked by the schema of its kind. */
export const ingestBody = z.object({ type: z.enum(eventKinds), data: object });

/** How many log entries a request for them may ask for. */
export const logsQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(200))
    .default(50),
});

/** Where what is checked stands in what came in. */
export interface FaultPlace {
  /** Its name. */
  readonly whole: string;
  /** What comes before the names of its fields. */
  readonly prefix: string;
}

/** What is wrong, field by field. */
export function faultsOf({ issues }: z.ZodError, { whole, prefix }: FaultPlace): string {
  return issues
    .map(({ path, message }) => `${path.length === 0 ? whole : prefix + path.join('.')}: ${message}`)
    .join('; ')
    .slice(0, 500);
}
