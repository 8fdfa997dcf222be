import { formatAge } from './format.ts';
import { momentOf } from './metrics-figures.ts';
import type { MetricsKnowledge, MetricsState } from './metrics-knowledge.ts';
import type { Situation } from './situation.ts';

const tones: Readonly<Record<MetricsState, Situation['tone']>> = {
  connecting: 'muted',
  waiting: 'warn',
  live: 'up',
  away: 'down',
  silent: 'warn',
  lost: 'down',
  unauthorized: 'warn',
  refused: 'down',
  missing: 'down',
};

const sentences: Readonly<Record<Exclude<MetricsState, 'live'>, string>> = {
  connecting: 'Connecting to the stream of metrics …',
  waiting: 'The engine has not given metrics yet',
  away: 'No new metrics of the engine',
  silent: 'Gateway silent',
  lost: 'No stream of metrics, trying again and again',
  unauthorized: 'The gateway wants another token for metrics',
  refused: 'The gateway does not let this page read metrics',
  missing: 'This gateway serves no metrics (“metrics” is not among its DIALECTS)',
};

/** Twice the longest interval: figures that come are hardly older, unless somebody on the way has kept them. */
const leastOffMs = 120_000;

type MetricsSituation = Pick<Situation, 'tone' | 'text' | 'announcement'> & { readonly kind: MetricsState };

/** How current the metrics are, for people. `now`: epoch ms. */
export function describeMetrics(knowledge: MetricsKnowledge, now: number): MetricsSituation {
  const { state, figures, staleSince = 0 } = knowledge;
  const tone = tones[state];
  if (state === 'live') return describeLive(knowledge, now);
  const sentence = sentences[state];
  if (figures === undefined) {
    const text = state === 'connecting' ? sentence : `${sentence}: no figures are known`;
    return { kind: state, tone, text, announcement: text };
  }
  return {
    kind: state,
    tone,
    text: `${sentence}: values are the last known, ${formatAge(now - staleSince)} old`,
    announcement: `${sentence}: values are the last known`,
  };
}

/** The gateway cannot know whether the engine gives old figures, or has its clock wrong: what it says is shown. */
function describeLive({ figures, skewMs, receivedAt = 0 }: MetricsKnowledge, now: number): MetricsSituation {
  const live = `Metrics live · unchanged for ${formatAge(now - receivedAt)}`;
  const datedAt = momentOf(figures?.timestamp, skewMs);
  if (datedAt === undefined || Math.abs(datedAt - receivedAt) < leastOffMs) {
    return { kind: 'live', tone: tones.live, text: live, announcement: 'Metrics live' };
  }
  return {
    kind: 'live',
    tone: 'warn',
    text: `${live} · dated ${new Date(datedAt).toISOString()} by the engine`,
    announcement: 'Metrics live, but dated otherwise by the engine',
  };
}
