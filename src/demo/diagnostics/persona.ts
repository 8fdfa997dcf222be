import { type Random, round } from '../random.ts';
import { hex } from '../random-id.ts';

type EntryType = 'observation' | 'reflection' | 'goal' | 'plan' | 'decision' | 'outcome';
type Sentiment = 'positive' | 'neutral' | 'negative';

/** An entry of the persona's diary for the channel `diagnostics:persona_entry`, but for its time. */
export interface PersonaEntry {
  id: string;
  entry_type: EntryType;
  content: string;
  summary: string;
  sentiment: Sentiment;
  /** 0 to 1. */
  confidence: number;
  metadata: { source: string; session_id: string };
}

export interface Persona {
  write(sessionId: string): PersonaEntry;
  /** As of the last entry. */
  mood(): { sentiment: Sentiment; confidence: number };
  /** Those made and without an outcome yet. */
  activePlans(): number;
}

const maxPlans = 9;

/** Each kind of entry mostly leads to the next; the outcome, to a new observation. */
export function createPersona(random: Random): Persona {
  let last: EntryType = 'outcome';
  let mood: { sentiment: Sentiment; confidence: number } = { sentiment: 'neutral', confidence: 0.8 };
  let activePlans = 3;

  function nextType(): EntryType {
    const { next } = diaryPages[last];
    // An observation may come in between anywhere, but not twice in a row.
    const type = last !== 'observation' && random.chance(0.2) ? 'observation' : next;
    return type === 'plan' && activePlans >= maxPlans ? 'decision' : type;
  }

  return {
    write(sessionId) {
      last = nextType();
      if (last === 'plan') activePlans += 1;
      // Some settle another plan too, which makes up for the plans that observations cut short.
      if (last === 'outcome') activePlans = Math.max(0, activePlans - (random.chance(0.4) ? 2 : 1));
      const isGood = last === 'outcome' && random.chance(0.7);
      mood = {
        sentiment: isGood ? 'positive' : random.pick(['positive', 'neutral', 'neutral', 'negative']),
        confidence: round(random.between(0.55, 0.98), 2),
      };
      const [summary, content] = random.pick(diaryPages[last].texts);
      const source = random.pick(['ui', 'planner', 'engine']);
      const metadata = { source, session_id: sessionId };
      return { id: `entry-${hex(random, 8)}`, entry_type: last, content, summary, ...mood, metadata };
    },
    mood: () => ({ ...mood }),
    activePlans: () => activePlans,
  };
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
