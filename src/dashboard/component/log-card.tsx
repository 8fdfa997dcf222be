import { useState } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { usePage, useSelection } from '../hook/use-page.ts';
import { formatText } from '../model/format.ts';
import { type LogLevel, logLevels, type NumberedLine, passes, severityOf } from '../model/log-trail.ts';
import { Card, SkeletonRows } from './card.tsx';
import { Choice } from './choice.tsx';
import { Time } from './time.tsx';

const selectLogs = ({ logs }: TelemetryDocument): unknown => logs;
const labels = { all: 'All', info: 'Info', warning: 'Warning', error: 'Error' } as const;
const options = logLevels.map((value) => ({ value, label: labels[value] }));
const tones = ['muted', undefined, 'warn', 'down'] as const;

export function LogCard() {
  const { logTrail } = usePage();
  useSelection(selectLogs);
  const [level, setLevel] = useState<LogLevel>('all');
  const lines = logTrail.lines.filter((line) => passes(line, level)).reverse();
  const filter = (
    <Choice legend="Least level shown" isLegendHidden options={options} value={level} onChoose={setLevel} />
  );
  return (
    <Card
      title="Engine log"
      section="logs"
      area="logs"
      aside={filter}
      placeholder={<SkeletonRows count={7} />}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol class="log" tabIndex={0} aria-label="Log lines, newest first" data-testid="logs">
        {lines.map((line) => (
          <LogItem key={line.id} line={line} />
        ))}
      </ol>
      {lines.length === 0 && (
        <p class="empty">
          {level === 'all'
            ? 'No log lines yet.'
            : `No lines of this level among the last ${logTrail.lines.length}.`}
        </p>
      )}
    </Card>
  );
}

function LogItem({ line }: { readonly line: NumberedLine }) {
  return (
    <li data-tone={tones[severityOf(line)]}>
      <Time value={line.timestamp} />
      <span class="log-level">{formatText(line.level)}</span>
      <span class="log-message">{line.text}</span>
    </li>
  );
}
