import { isoTime } from '../../core/clock.ts';
import { type Part, type PartOptions, routine, together } from '../part.ts';
import { Random, round } from '../random.ts';
import { Persona } from './persona.ts';

/** What the engine tells about itself on the channels `diagnostics:…`; timestamps are ISO 8601. */
export class Diagnostics {
  /** What it does by itself. */
  readonly life: Part;
  readonly #persona: Persona;

  constructor(options: PartOptions) {
    const { seed, clock, emit } = options;
    const logRandom = new Random(seed, 'diagnostics log');
    const persona = new Persona(new Random(seed, 'persona'));
    const llm = new Llm(new Random(seed, 'llm'), persona);
    const graph = new Graph(new Random(seed, 'graph'));
    const channel = (name: string, meanMs: number, make: (timestamp: string) => object): Part =>
      routine(`diagnostics ${name}`, meanMs, options, () =>
        emit(`diagnostics:${name}`, make(isoTime(clock.now()))),
      );
    this.#persona = persona;
    this.life = together([
      channel('log', 3000, (timestamp) => ({ timestamp, ...writeLogRecord(logRandom) })),
      channel('graph_update', 5000, (timestamp) => ({ timestamp, ...graph.update() })),
      channel('persona_entry', 7000, (timestamp) => ({ timestamp, ...persona.write(llm.session) })),
      channel('llm', 9000, (timestamp) => ({
        ...llm.call(),
        last_llm_update: timestamp,
        last_llm_session: llm.session,
      })),
    ]);
  }

  /** Count, as the state document and the `llm` events show it. */
  activePlans(): number {
    return this.#persona.activePlans;
  }
}

/** The calls of a language model for the channel `diagnostics:llm`. */
class Llm {
  readonly #random: Random;
  readonly #persona: Persona;
  #session: number;

  constructor(random: Random, persona: Persona) {
    this.#random = random;
    this.#persona = persona;
    this.#session = 100 + random.below(900);
  }

  /** `session-<number>`; a new one begins now and then. */
  get session(): string {
    return `session-${this.#session}`;
  }

  /** Figures of one call, but for their time. */
  call() {
    const random = this.#random;
    if (random.chance(0.1)) this.#session += 1;
    const prompt = 60 + random.below(900);
    const completion = 20 + random.below(400);
    const { sentiment, confidence } = this.#persona.mood;
    return {
      // A wait for the first token, and then so long a token; latencies are skewed upwards.
      llm_latency_ms: round((300 + completion * 9) * Math.exp(random.normal() * 0.25), 1),
      llm_prompt_tokens: prompt,
      llm_completion_tokens: completion,
      llm_total_tokens: prompt + completion,
      persona_sentiment: sentiment,
      persona_confidence: confidence,
      active_plans: this.#persona.activePlans,
    };
  }
}

/** A change of the graph for the channel `diagnostics:graph_update`, but for its time. */
interface GraphUpdate {
  update_type: 'entity_added' | 'entity_updated' | 'entity_removed' | 'relation_added';
  entity_id: string;
  details: Record<string, string | number>;
}

const minEntities = 5;
const maxEntities = 40;
const kinds = ['goal', 'plan', 'agent', 'instrument', 'event'] as const;
const relations = ['supports', 'contradicts', 'part_of', 'caused_by'] as const;

/** A small graph that changes; updates and removals are only ever about what was added before. */
class Graph {
  readonly #random: Random;
  readonly #entities: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  update(): GraphUpdate {
    const random = this.#random;
    const dice = random.next();
    const count = this.#entities.length;
    if (count < minEntities || (dice < 0.35 && count < maxEntities)) return this.#add();
    if (dice < 0.55) {
      const details = { relation: random.pick(relations), target_id: this.#any() };
      return { update_type: 'relation_added', entity_id: this.#any(), details };
    }
    if (dice < 0.85) {
      const details = { field: 'confidence', value: round(random.next(), 2) };
      return { update_type: 'entity_updated', entity_id: this.#any(), details };
    }
    const [entity_id = ''] = this.#entities.splice(random.below(count), 1);
    return { update_type: 'entity_removed', entity_id, details: { reason: 'superseded' } };
  }

  #add(): GraphUpdate {
    const random = this.#random;
    const entity_id = `entity-${random.hex(6)}`;
    this.#entities.push(entity_id);
    const kind = random.pick(kinds);
    const details = { kind, label: `${kind} ${random.hex(3)}` };
    return { update_type: 'entity_added', entity_id, details };
  }

  #any(): string {
    return this.#entities[this.#random.below(this.#entities.length)] ?? '';
  }
}

/** A record of the engine for the channel `diagnostics:log`, but for its time. */
interface LogRecord {
  level: 'info' | 'warning' | 'error';
  message: string;
}

function writeLogRecord(random: Random): LogRecord {
  const dice = random.next();
  if (dice < 0.04) return { level: 'error', message: random.pick(errors)(random) };
  if (dice < 0.16) return { level: 'warning', message: random.pick(warnings)(random) };
  return { level: 'info', message: random.pick(notes)(random) };
}

type Phrase = (random: Random) => string;

const notes: readonly [Phrase, ...Phrase[]] = [
  (random) => `HCG health check passed (${round(random.between(8, 90), 1)} ms)`,
  (random) => `Plan ${100 + random.below(900)} advanced to step ${1 + random.below(7)}`,
  (random) => `Graph snapshot written: ${400 + random.below(200)} entities`,
  (random) => `Persona diary: ${1 + random.below(5)} entries indexed`,
  (random) =>
    `Planner considered ${2 + random.below(9)} alternatives in ${round(random.between(20, 400), 1)} ms`,
];

const warnings: readonly [Phrase, ...Phrase[]] = [
  (random) => `HCG health check slow (${round(random.between(500, 2500), 1)} ms)`,
  (random) => `Model answer cut at ${512 * (1 + random.below(4))} tokens`,
  (random) => `Plan ${100 + random.below(900)} waits for an entity that is not known yet`,
];

const errors: readonly [Phrase, ...Phrase[]] = [
  (random) => `HCG query failed after ${1 + random.below(3)} attempts: timeout`,
  (random) => `Plan ${100 + random.below(900)} given up: a precondition does not hold any more`,
];
