import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineText, type Pinning } from './machine.ts';

/** What a figure has to be, in its own unit. */
export interface Bar {
  readonly is: '≤' | '<' | '=' | '≥';
  readonly value: number;
}

export interface Figure {
  readonly name: string;
  /** NaN: it could not be measured, and the note says why. */
  readonly value: number;
  readonly unit: string;
  /** Absent: only for information. */
  readonly bar?: Bar;
  readonly note?: string;
}

const folder = fileURLToPath(new URL('../../.artifacts/bench/', import.meta.url));

/** Prints a table for people and writes the same figures to `.artifacts/bench/<name>.json`. */
export function report(name: string, figures: readonly Figure[], pinning: Pinning): void {
  const rows = figures.map((figure) => [
    figure.name,
    Number.isNaN(figure.value) ? '–' : `${rounded(figure.value)} ${figure.unit}`.trim(),
    figure.bar === undefined ? '' : `${figure.bar.is} ${figure.bar.value} ${figure.unit}`.trim(),
    verdict(figure),
    figure.note ?? '',
  ]);
  const table = [['', 'measured', 'bar', '', 'note'], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table) {
    const cells = row.map((cell, column) =>
      column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
  mkdirSync(folder, { recursive: true });
  const result = {
    name,
    at: new Date().toISOString(),
    machine: machineText(),
    pinning: pinning.text,
    figures: figures.map((figure) => ({ ...figure, verdict: verdict(figure) })),
  };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}

function verdict({ value, bar }: Figure): 'ok' | 'MISSED' | 'NOT MEASURED' | '' {
  if (Number.isNaN(value)) return 'NOT MEASURED';
  if (bar === undefined) return '';
  const holds = {
    '≤': value <= bar.value,
    '<': value < bar.value,
    '=': value === bar.value,
    '≥': value >= bar.value,
  }[bar.is];
  return holds ? 'ok' : 'MISSED';
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
