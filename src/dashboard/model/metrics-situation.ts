import { formatAge } from './format.ts';
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

/** How current the metrics are, for people. `now`: epoch ms. */
export function describeMetrics(
  { state, figures, receivedAt = 0, staleSince = 0 }: MetricsKnowledge,
  now: number,
): Pick<Situation, 'tone' | 'text' | 'announcement'> & { readonly kind: MetricsState } {
  const tone = tones[state];
  if (state === 'live') {
    const text = `Metrics live · unchanged for ${formatAge(now - receivedAt)}`;
    return { kind: state, tone, text, announcement: 'Metrics live' };
  }
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
