import type { Cancel, Clock } from '../../core/clock.ts';
import { beats, type Rank, type TabMessage, type TabWord } from './messages.ts';

/** A tab that would lead waits so long for the word of one that does already, or should rather. */
const claimMs = 150;
/** A tab that left this to another one waits so long for that to lead. */
const yieldMs = 4 * claimMs;
/** A leader that gave no sign of life since the last look is asked for one. So often unanswered, it is gone. */
const mostUnanswered = 3;
/** Looks from the last word of a leader to the end of its office. */
export const looksToReplace = mostUnanswered + 2;
/** A leader that speaks by itself is told all the same that this tab is there. */
const presenceLooks = 30;

interface ElectionOptions {
  /** Of this tab; sorts by age. */
  readonly id: string;
  readonly clock: Clock;
  /** How often a follower looks whether its leader lives. */
  readonly lookEveryMs: number;
  readonly post: (word: TabWord) => void;
  /** This tab leads from here on, or no longer. */
  readonly onLead: (isLeading: boolean) => void;
  /** Another tab leads from here on; false: nobody does that one knows of. */
  readonly onFollow: (isLed: boolean) => void;
  /** The leader is to be asked for a sign of life. */
  readonly ask: () => void;
  /** This tab leads, and somebody wants to know. */
  readonly answer: () => void;
}

/**
 * Which tab of a group leads.
 *
 * ```
 *                  nobody has a better claim within `claimMs`
 *   candidate ────────────────────────────────────────────────> leader
 *     │    ^  ^                                                    │
 *     │    │  └── the leader says goodbye, or gives no sign        │ hears of a better one: two led for a moment,
 *     │    │       of life, asked three times ──┐                  │ or this one was frozen, and was replaced
 *     │    └── nobody led after all             │                  │
 *     │                                         │                  │
 *     └── a leader speaks ────────────────> follower <─────────────┘
 * ```
 *
 * Messages alone decide: a tab whose timers are slow keeps a leader that answers, and one that is frozen loses its
 * office to whoever asked it in vain.
 */
export class Election {
  readonly #options: ElectionOptions;
  #role: 'candidate' | 'leader' | 'follower' = 'candidate';
  /** The latest that this tab knows of, itself included; it may be gone. */
  #leader: Rank | undefined;
  #latestTerm = 0;
  #cancel: Cancel = () => {};
  /** As a candidate: another one has the better claim. */
  #isYielding = false;
  #hasSpoken = false;
  #unanswered = 0;
  #looks = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Of this tab's office. */
  get term(): number {
    return this.#latestTerm;
  }

  /** This tab would lead, unless one does already, or has a better claim. */
  stand(): void {
    this.#enter('candidate');
    this.#isYielding = false;
    this.#claim();
    this.#cancel = this.#options.clock.after(claimMs, () => this.lead());
  }

  lead(): void {
    const { id, onLead, answer } = this.#options;
    this.#latestTerm += 1;
    this.#leader = { term: this.#latestTerm, id };
    this.#enter('leader');
    onLead(true);
    answer();
  }

  /** Takes what another tab says. Returns whether it is the one that this tab follows. */
  take(message: TabMessage): boolean {
    if (message.type === 'claim') this.#takeClaim({ term: message.term, id: message.from });
    else if (message.type === 'ask') return false;
    else if (message.type === 'bye') this.#takeGoodbye(message.from);
    else return this.#takeLeader({ term: message.term, id: message.from });
    return false;
  }

  /** The tab that this one follows is gone. */
  lose(): void {
    if (this.#role !== 'follower') return;
    this.stand();
    this.#options.onFollow(false);
  }

  stop(): void {
    this.#cancel();
  }

  #takeClaim(claim: Rank): void {
    const { id, clock, answer } = this.#options;
    if (this.#role === 'leader') answer();
    if (this.#role !== 'candidate' || this.#isYielding) return;
    if (beats(claim, { term: this.#latestTerm + 1, id })) {
      this.#isYielding = true;
      this.#latestTerm = Math.max(this.#latestTerm, claim.term - 1);
      this.#cancel();
      this.#cancel = clock.after(yieldMs, () => this.stand());
    } else {
      // It may have been opened after this tab said so.
      this.#claim();
    }
  }

  #takeGoodbye(from: string): void {
    if (this.#leader?.id === from) this.lose();
  }

  #claim(): void {
    this.#options.post({ type: 'claim', term: this.#latestTerm + 1 });
  }

  /** A tab leads, or believes so. */
  #takeLeader(rank: Rank): boolean {
    const { clock, lookEveryMs, onLead, onFollow, answer } = this.#options;
    const known = this.#leader;
    const isKnown = known?.id === rank.id && known.term === rank.term;
    if (known && !isKnown && !beats(rank, known)) {
      // It does not know that it was replaced.
      if (this.#role === 'leader') answer();
      return false;
    }
    this.#hasSpoken = true;
    this.#unanswered = 0;
    if (isKnown && this.#role === 'follower') return true;
    const wasLeading = this.#role === 'leader';
    this.#leader = rank;
    this.#latestTerm = Math.max(this.#latestTerm, rank.term);
    this.#enter('follower');
    this.#cancel = clock.every(lookEveryMs, () => this.#lookAfterLeader());
    if (wasLeading) onLead(false);
    onFollow(true);
    return true;
  }

  #lookAfterLeader(): void {
    this.#looks += 1;
    if (!this.#hasSpoken && this.#unanswered === mostUnanswered) {
      this.lose();
      return;
    }
    if (!this.#hasSpoken || this.#looks % presenceLooks === 0) this.#options.ask();
    if (!this.#hasSpoken) this.#unanswered += 1;
    this.#hasSpoken = false;
  }

  #enter(role: 'candidate' | 'leader' | 'follower'): void {
    this.#cancel();
    this.#role = role;
    this.#unanswered = 0;
    this.#looks = 0;
  }
}
