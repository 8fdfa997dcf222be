/** What a viewer shows at one moment. */
export interface Shown {
  /** Whether it says that the source in question is live. */
  readonly source: boolean;
  /** Whether it lets the price pass for live. */
  readonly price: boolean;
  readonly halted: boolean;
  /** The figures as it shows them. */
  readonly figures: Readonly<Record<Figure, string>>;
}
export type Figure = 'price' | 'nav';
type Claim = 'source' | 'price' | 'halted';

/** Shown from then on, until the next one. */
export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  readonly shown: Shown;
}

/** What is true of the engine for a time, seconds after the trouble began. */
export interface Truth extends Partial<Record<Claim, boolean>> {
  readonly from: number;
  /** Default: the end. */
  readonly until?: number;
  /** These change all the time. */
  readonly moving?: readonly Figure[];
}

export interface Judged {
  /** Epoch ms. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** What the viewer may be behind by its own wish, in anything but urgent news, seconds. */
  readonly paceSeconds: number;
}

/** What a busy machine may be late, seconds. */
const tolerance = 0.5;
/** A figure that changes three times a second and stands for longer is not the engine's, seconds. */
const longestStand = 5;

const wrong: Readonly<Record<Claim, readonly [whenTrue: string, whenFalse: string]>> = {
  source: ['called stale though it is live', 'shown as live though it is not'],
  price: ['price called last known though it moves', 'price shown as live though it is not'],
  halted: ['not shown as halted', 'shown as halted though it is not'],
};
const isUrgent: Readonly<Record<Claim, boolean>> = { source: true, price: false, halted: true };

/** Where the moments contradict what is true, in words; empty: nowhere for longer than may be. */
export function contradictions(
  moments: readonly Moment[],
  truths: readonly Truth[],
  { beganAt, endedAt, paceSeconds }: Judged,
): string[] {
  const seconds = (at: number): number => (at - beganAt) / 1000;
  const spans = moments.map(({ at, shown }, index) => ({
    from: seconds(at),
    until: seconds(moments[index + 1]?.at ?? endedAt),
    shown,
  }));
  return truths.flatMap((truth) => {
    const { from, until = seconds(endedAt), moving = [] } = truth;
    const within = spans
      .map((span) => ({ ...span, from: Math.max(span.from, from), until: Math.min(span.until, until) }))
      .filter((span) => span.until > span.from);
    const claims = (['source', 'price', 'halted'] as const).flatMap((claim) => {
      const is = truth[claim];
      if (is === undefined) return [];
      const allowed = tolerance + (isUrgent[claim] ? 0 : paceSeconds);
      return stretches(within, ({ shown }) => (shown[claim] === is ? undefined : claim))
        .filter((stretch) => stretch.until - stretch.from > allowed)
        .map((stretch) => `${wrong[claim][is ? 0 : 1]}, ${timeText(stretch)}`);
    });
    const stands = moving.flatMap((figure) =>
      stretches(within, ({ shown }) => shown.figures[figure])
        .filter((stretch) => stretch.until - stretch.from > longestStand + paceSeconds)
        .map((stretch) => `${figure} stands still though the engine’s moves, ${timeText(stretch)}`),
    );
    return [...claims, ...stands];
  });
}

/** Seconds after the trouble began when it was first shown; undefined: never. */
export function firstShown(
  moments: readonly Moment[],
  isTrouble: (shown: Shown) => boolean,
  { beganAt, endedAt }: Judged,
): number | undefined {
  const first = moments.find(({ at, shown }) => at >= beganAt && at <= endedAt && isTrouble(shown));
  return first && (first.at - beganAt) / 1000;
}

interface Span {
  readonly from: number;
  readonly until: number;
  readonly shown: Shown;
}

/** Neighbours of the same kind in one; those without a kind are left out. */
function stretches(spans: readonly Span[], kindOf: (span: Span) => string | undefined) {
  const found: { kind: string | undefined; from: number; until: number }[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    const kind = kindOf(span);
    if (last?.kind === kind && last !== undefined) last.until = span.until;
    else found.push({ kind, from: span.from, until: span.until });
  }
  return found.filter(({ kind }) => kind !== undefined);
}

function timeText({ from, until }: { readonly from: number; readonly until: number }): string {
  return `t=${from.toFixed(1)} to ${until.toFixed(1)}`;
}
