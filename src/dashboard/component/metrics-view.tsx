import '../style/metrics.css';
import { useMetrics } from '../hook/use-metrics.ts';
import { useNow } from '../hook/use-page.ts';
import type { MetricsState } from '../model/metrics-knowledge.ts';
import { metricsIntervals, metricsRanges } from '../model/metrics-settings.ts';
import { describeMetrics } from '../model/metrics-situation.ts';
import { SkeletonRows } from './card.tsx';
import { Choice } from './choice.tsx';
import { MetricsCards } from './metrics-cards.tsx';
import { SituationLine } from './situation-line.tsx';
import { TextWithTimes } from './time.tsx';
import { askForToken } from './token-form.tsx';

const ranges = metricsRanges.map(({ hours, label }) => ({ value: String(hours), label }));

/** The engine's metrics over a range, and how current they are. */
export function MetricsView() {
  const { settings, knowledge, choose, retry } = useMetrics();
  const now = useNow(true);
  const { state, reason, figures, skewMs, staleSince } = knowledge;
  return (
    <div class="metrics" data-testid="metrics" data-state={state}>
      <div class="metrics-head">
        <SituationLine situation={describeMetrics(knowledge, now)} name="metrics-situation" />
        <Choice
          legend="Range"
          options={ranges}
          value={String(settings.hours)}
          onChoose={(hours) => choose({ hours: Number(hours) })}
        />
        <label class="field">
          <span>Interval</span>
          <select
            value={settings.interval}
            onChange={({ currentTarget }) => choose({ interval: Number(currentTarget.value) })}
          >
            {metricsIntervals.map((seconds) => (
              <option key={seconds} value={seconds}>
                {seconds} s
              </option>
            ))}
          </select>
        </label>
      </div>
      {reason !== '' && (
        <p class="metrics-reason" data-testid="metrics-reason">
          <TextWithTimes text={reason} />
        </p>
      )}
      <Remedy state={state} onRetry={retry} />
      {figures !== undefined && (
        <MetricsCards
          snapshot={figures}
          skewMs={skewMs}
          freshness={{ state: state === 'live' ? 'fresh' : 'stale', staleSince }}
          now={now}
        />
      )}
      {figures === undefined && state === 'connecting' && <SkeletonRows count={6} />}
    </div>
  );
}

/** What whoever looks at the page can do about it. */
function Remedy({ state, onRetry }: { readonly state: MetricsState; readonly onRetry: () => void }) {
  if (state === 'unauthorized') {
    return (
      <button type="button" onClick={askForToken}>
        Enter a token
      </button>
    );
  }
  if (state !== 'refused' && state !== 'missing') return null;
  return (
    <button type="button" onClick={onRetry}>
      Try again
    </button>
  );
}
