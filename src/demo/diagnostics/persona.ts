import { type Random, round } from '../random.ts';

type EntryType = 'observation' | 'reflection' | 'goal' | 'plan' | 'decision' | 'outcome';
type Sentiment = 'positive' | 'neutral' | 'negative';

interface Mood {
  readonly sentiment: Sentiment;
  /** 0 to 1. */
  readonly confidence: number;
}

/** An entry of the persona's diary for the channel `diagnostics:persona_entry`, but for its time. */
interface PersonaEntry extends Mood {
  id: string;
  entry_type: EntryType;
  content: string;
  summary: string;
  metadata: { source: string; session_id: string };
}

const maxPlans = 9;

/** A diary. Each kind of entry mostly leads to the next; the outcome, to a new observation. */
export class Persona {
  readonly #random: Random;
  #last: EntryType = 'outcome';
  #mood: Mood = { sentiment: 'neutral', confidence: 0.8 };
  #activePlans = 3;

  constructor(random: Random) {
    this.#random = random;
  }

  /** As of the last entry. */
  get mood(): Mood {
    return this.#mood;
  }

  /** Those made and without an outcome yet. */
  get activePlans(): number {
    return this.#activePlans;
  }

  write(sessionId: string): PersonaEntry {
    const random = this.#random;
    const type = this.#nextType();
    this.#last = type;
    if (type === 'plan') this.#activePlans += 1;
    // Some settle another plan too, which makes up for the plans that observations cut short.
    if (type === 'outcome') this.#activePlans = Math.max(0, this.#activePlans - (random.chance(0.4) ? 2 : 1));
    const isGood = type === 'outcome' && random.chance(0.7);
    this.#mood = {
      sentiment: isGood ? 'positive' : random.pick(['positive', 'neutral', 'neutral', 'negative']),
      confidence: round(random.between(0.55, 0.98), 2),
    };
    const [summary, content] = random.pick(diaryPages[type].texts);
    const metadata = { source: random.pick(['ui', 'planner', 'engine']), session_id: sessionId };
    return { id: `entry-${random.hex(8)}`, entry_type: type, content, summary, ...this.#mood, metadata };
  }

  #nextType(): EntryType {
    const { next } = diaryPages[this.#last];
    // An observation may come in between anywhere, but not twice in a row.
    const type = this.#last !== 'observation' && this.#random.chance(0.2) ? 'observation' : next;
    return type === 'plan' && this.#activePlans >= maxPlans ? 'decision' : type;
  }
}

type Texts = readonly [readonly [string, string], ...(readonly [string, string])[]];

const diaryPages: Readonly<Record<EntryType, { next: EntryType; texts: Texts }>> = {
  observation: {
    next: 'reflection',
    texts: [
      ['User interaction', 'User engaged with planning interface'],
      ['Calm market', 'Spreads have been narrow for ten minutes, with little volume'],
    ],
  },
  reflection: {
    next: 'goal',
    texts: [
      ['Slow forecasts', 'The last forecasts came late; shorter contexts were as good'],
      ['Same question again', 'The question of this morning came back, so the answer was not clear enough'],
    ],
  },
  goal: {
    next: 'plan',
    texts: [
      ['Answer sooner', 'Halve the time to the first useful answer'],
      ['Fewer open questions', 'Have no question of the risk desk open at the end of the day'],
    ],
  },
  plan: {
    next: 'decision',
    texts: [
      ['Trim contexts', 'Cut the context to the last five exchanges, compare answers for an hour'],
      ['Ask once a day', 'Collect questions and put them together at four o’clock'],
    ],
  },
  decision: {
    next: 'outcome',
    texts: [
      ['Go ahead', 'The trial costs little and can be undone'],
      ['Wait', 'Wait for the next health check before anything is changed'],
    ],
  },
  outcome: {
    next: 'observation',
    texts: [
      ['It worked', 'Answers came in half the time and nobody missed the older context'],
      ['No difference', 'The figures moved less than they do by themselves'],
    ],
  },
};
