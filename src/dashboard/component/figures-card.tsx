import { useCallback, useMemo } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { useFreshness } from '../hook/use-freshness.ts';
import { usePage, useSelection } from '../hook/use-page.ts';
import { columnsOf, formatCell, headingOf, sameList } from '../model/figure-table.ts';
import type { FigureSection } from '../model/latency.ts';
import { Card, SkeletonRows } from './card.tsx';
import { MiniPlot } from './mini-plot.tsx';

interface FiguresCardProps {
  readonly title: string;
  readonly section: FigureSection;
}

/** Agents or models, one row each; the columns are whatever figures the engine has of them. */
export function FiguresCard({ title, section }: FiguresCardProps) {
  const selectNames = useCallback(
    (document: TelemetryDocument) => Object.keys(document[section] ?? {}),
    [section],
  );
  const selectColumns = useCallback(
    (document: TelemetryDocument) => columnsOf(document[section] ?? {}),
    [section],
  );
  const names = useSelection(selectNames, sameList);
  const columns = useSelection(selectColumns, sameList);
  return (
    <Card title={title} section={section} area={section} placeholder={<SkeletonRows count={6} />}>
      {names.length === 0 ? (
        <p class="empty">No {section} reported.</p>
      ) : (
        <table class="figure-table" data-testid={section}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              {columns.map((column, index) => (
                // The curve beside the first figure is of that figure.
                <th scope="col" key={column} colSpan={index === 0 ? 2 : 1}>
                  {headingOf(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <FigureRow key={name} section={section} name={name} columns={columns} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

interface FigureRowProps {
  readonly section: FigureSection;
  readonly name: string;
  readonly columns: readonly string[];
}

function FigureRow({ section, name, columns }: FigureRowProps) {
  const { recorder } = usePage();
  const select = useMemo(() => (document: TelemetryDocument) => document[section]?.[name], [section, name]);
  const figures = useSelection(select);
  const read = useCallback(() => recorder.latencies.get(section, name)?.read(), [recorder, section, name]);
  return (
    <tr>
      <th scope="row" title={name}>
        {name}
      </th>
      <td>
        <MiniPlot read={read} class="sparkline" tone="accent" />
      </td>
      {columns.map((column) => (
        <FigureCell
          key={column}
          path={`${section}.${name}.${column}`}
          text={formatCell(column, figures?.[column])}
        />
      ))}
    </tr>
  );
}

function FigureCell({ path, text }: { readonly path: string; readonly text: string }) {
  return <td data-stale={useFreshness(path) !== 'fresh'}>{text}</td>;
}
