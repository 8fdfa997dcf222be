import { useMemo } from 'preact/hooks';
import type { JsonObject } from '../../core/json.ts';
import type { SectionFreshness } from '../hook/use-freshness.ts';
import { formatCost } from '../model/amount.ts';
import { formatCount, type Tone } from '../model/format.ts';
import {
  type Breakdown,
  type Costs,
  type Metrics,
  type NamedFigure,
  readMetrics,
} from '../model/metrics-figures.ts';
import { Bars } from './bars.tsx';
import { CardFrame } from './card.tsx';
import { FigureFrame } from './figure.tsx';
import { Ago } from './time.tsx';

type Freshness = Pick<SectionFreshness, 'state' | 'staleSince'>;

interface MetricsCardsProps {
  readonly snapshot: JsonObject;
  /** How far the clock behind it is ahead of this machine's, ms. */
  readonly skewMs: number;
  readonly freshness: Freshness;
  /** Epoch ms. */
  readonly now: number;
}

/** One card for each section that the engine sends. */
export function MetricsCards({ snapshot, skewMs, freshness, now }: MetricsCardsProps) {
  const metrics = useMemo(() => readMetrics(snapshot, skewMs), [snapshot, skewMs]);
  const { tasks, costs, api, tools, sessions, activity } = metrics;
  return (
    <>
      <div class="row">
        <FiguresCard title="Tasks" area="tasks" figures={tasks} freshness={freshness} />
        {costs && <CostsCard costs={costs} freshness={freshness} />}
        <FiguresCard title="API" area="api" figures={api} freshness={freshness} />
      </div>
      <div class="row">
        <BreakdownCard title="Calls by tool" area="tools" breakdown={tools} freshness={freshness} />
        <BreakdownCard title="Sessions" area="sessions" breakdown={sessions} freshness={freshness} />
        {activity && <ActivityCard activity={activity} freshness={freshness} now={now} />}
      </div>
      {isEmpty(metrics) && (
        <p class="empty" data-testid="metrics-empty">
          The engine sends no figures that this page knows.
        </p>
      )}
    </>
  );
}

function isEmpty({ tasks, costs, api, tools, sessions, activity }: Metrics): boolean {
  return tasks.length + api.length === 0 && !costs && !tools && !sessions && !activity;
}

interface CardProps {
  readonly title: string;
  /** Finds it in tests: `card-tasks`. */
  readonly area: string;
  readonly freshness: Freshness;
}

function FiguresCard({
  figures,
  freshness,
  ...card
}: CardProps & { readonly figures: readonly NamedFigure[] }) {
  if (figures.length === 0) return null;
  return (
    <CardFrame {...card} {...freshness}>
      <FigureList area={card.area} figures={figures} />
    </CardFrame>
  );
}

function BreakdownCard({
  breakdown,
  freshness,
  ...card
}: CardProps & { readonly breakdown: Breakdown | undefined }) {
  if (breakdown === undefined) return null;
  return (
    <CardFrame {...card} {...freshness}>
      <FigureList area={card.area} figures={breakdown.figures} />
      <Bars label={card.title} ranking={breakdown.kinds} format={formatCount} />
    </CardFrame>
  );
}

interface CostsCardProps {
  readonly costs: Costs;
  readonly freshness: Freshness;
}

function CostsCard({ costs: { total, kinds, currency }, freshness }: CostsCardProps) {
  return (
    <CardFrame title="Costs" area="costs" {...freshness}>
      {total !== undefined && (
        <dl class="figures">
          <FigureFrame label="Total" size="hero">
            <span class="value" data-testid="costs-total">
              {formatCost(total, currency)}
            </span>
          </FigureFrame>
        </dl>
      )}
      <Bars label="Costs" ranking={kinds} format={(amount) => formatCost(amount, currency)} />
    </CardFrame>
  );
}

interface FigureListProps {
  readonly area: string;
  readonly figures: readonly NamedFigure[];
}

function FigureList({ area, figures }: FigureListProps) {
  return (
    <dl class="figures">
      {figures.map(({ name, label, value }) => (
        <FigureFrame key={name} label={label}>
          <span class="value" data-tone={toneOf(area, name, value)} data-testid={`${area}-${name}`}>
            {formatCount(value)}
          </span>
        </FigureFrame>
      ))}
    </dl>
  );
}

/** Of all counts, failures alone are bad news. */
function toneOf(area: string, name: string, value: number | null): Tone {
  return area === 'tasks' && name === 'failed' && value !== null && value > 0 ? 'down' : undefined;
}

interface ActivityCardProps {
  readonly activity: NonNullable<Metrics['activity']>;
  readonly freshness: Freshness;
  readonly now: number;
}

function ActivityCard({ activity, freshness, now }: ActivityCardProps) {
  return (
    <CardFrame title="Recent activity" area="activity" {...freshness}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol class="log" tabIndex={0} aria-label="Recent activity, newest first">
        {activity.map(({ description, at }) => (
          // biome-ignore lint/correctness/useJsxKeyInIterable: the same may happen twice at once
          <li>
            <Ago at={at} now={now} />
            <span class="log-message" dir="auto">
              {description}
            </span>
          </li>
        ))}
      </ol>
      {activity.length === 0 && <p class="empty">Nothing happened in this range.</p>}
    </CardFrame>
  );
}
