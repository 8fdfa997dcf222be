import { type Random, round } from '../random.ts';

/** A record of the engine for the channel `diagnostics:log`, but for its time. */
export interface LogRecord {
  level: 'info' | 'warning' | 'error';
  message: string;
}

export function writeLogRecord(random: Random): LogRecord {
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
