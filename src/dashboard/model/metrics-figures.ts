import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  withoutKey,
} from '../../core/json.ts';
import { currencyOf } from './amount.ts';
import { headingOf } from './figure-table.ts';
import { instantOf } from './format.ts';

/** A figure and what it is called. */
export interface NamedFigure {
  readonly name: string;
  readonly label: string;
  /** Null: the engine names it, and says no number. */
  readonly value: number | null;
}

export interface Ranking {
  /** Largest first. */
  readonly rows: readonly { readonly name: string; readonly value: number }[];
  /** What they leave out; undefined: nothing. */
  readonly others: { readonly count: number; readonly value: number } | undefined;
  readonly sum: number;
  /** Of the rows. */
  readonly largest: number;
}

export interface Activity {
  readonly description: string;
  /** Epoch ms; undefined: not known. */
  readonly at: number | undefined;
}

/** Figures of a section, and what they are made up of. */
export interface Breakdown {
  readonly figures: readonly NamedFigure[];
  readonly kinds: Ranking;
}

export interface Costs {
  /** Null: not known. Undefined: the engine does not say. */
  readonly total: number | null | undefined;
  readonly kinds: Ranking;
  /** Undefined: the engine states none. */
  readonly currency: string | undefined;
}

/** What can be shown of a snapshot. Undefined, or an empty list of figures: the engine has no such section. */
export interface Metrics {
  readonly tasks: readonly NamedFigure[];
  readonly costs: Costs | undefined;
  readonly api: readonly NamedFigure[];
  readonly tools: Breakdown | undefined;
  readonly sessions: Breakdown | undefined;
  readonly activity: readonly Activity[] | undefined;
}

const maxRows = 12;
const maxFigures = 12;
const maxActivities = 50;
/** A longer text is cut: nobody reads it, and it costs the page each time that it is drawn. */
const maxTextLength = 500;

/**
 * Takes whatever the engine sends: what is of another kind than documented counts as missing.
 *
 * @param skewMs how far its clock is ahead of this machine's
 */
export function readMetrics(snapshot: JsonObject, skewMs: number): Metrics {
  const overview = sectionOf(snapshot, 'overview');
  const costs = sectionOf(overview, 'costs');
  const { activity } = snapshot;
  return {
    tasks: figuresOf(sectionOf(overview, 'tasks'), ['running', 'failed', 'completed', 'total']),
    costs: costs && {
      total: figuresOf(costs, ['total_cost']).find(({ name }) => name === 'total_cost')?.value,
      kinds: rankingOf(withoutKey(costs, 'total_cost'), costNameOf),
      currency: currencyOf(costs.currency),
    },
    api: figuresOf(sectionOf(overview, 'claude_api'), apiFigures),
    tools: breakdownOf(sectionOf(overview, 'tools'), ['total_calls'], 'by_type'),
    sessions: breakdownOf(
      sectionOf(snapshot, 'sessions'),
      ['total_sessions', 'total_tools'],
      'tools_by_type',
    ),
    activity: Array.isArray(activity) ? activitiesOf(activity, skewMs) : undefined,
  };
}

const apiFigures = ['total_requests', 'total_input_tokens', 'total_output_tokens'];

function breakdownOf(
  section: JsonObject | undefined,
  documented: readonly string[],
  kinds: string,
): Breakdown | undefined {
  return (
    section && { figures: figuresOf(section, documented), kinds: rankingOf(sectionOf(section, kinds) ?? {}) }
  );
}

function sectionOf(parent: JsonObject | undefined, name: string): JsonObject | undefined {
  const section = memberOf(parent, name);
  return isJsonObject(section) ? section : undefined;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/**
 * The figures of a section: those documented first, in their order, then whatever other numbers the engine puts in.
 * What it does not name is left out.
 */
function figuresOf(section: JsonObject = {}, documented: readonly string[]): NamedFigure[] {
  const all = Object.entries(section);
  const known = documented.flatMap((name) => all.filter(([own]) => own === name));
  const further = all.filter(([name, value]) => !documented.includes(name) && typeof value === 'number');
  return [...known, ...further].slice(0, maxFigures).map(([name, value]) => ({
    name,
    label: cut(headingOf(name.replace(/^total_(?=.)/, ''))),
    value: isFigure(value) ? value : null,
  }));
}

/** The numbers of a section by size: the twelve largest, and the rest as one. */
function rankingOf(section: JsonObject, nameOf = (name: string) => name): Ranking {
  const all = Object.entries(section)
    .flatMap(([name, value]) => (isFigure(value) ? [{ name, value }] : []))
    .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
  const rows = all.slice(0, maxRows).map(({ name, value }) => ({ name: cut(nameOf(name)), value }));
  const rest = all.slice(maxRows);
  const others = rest.length === 0 ? undefined : { count: rest.length, value: sumOf(rest) };
  const largest = Math.max(0, ...rows.map(({ value }) => value));
  return { rows, others, sum: sumOf(all), largest };
}

function sumOf(rows: Ranking['rows']): number {
  return rows.reduce((sum, { value }) => sum + value, 0);
}

/** `haiku_cost` is what haiku cost. */
function costNameOf(name: string): string {
  return headingOf(name.replace(/(?<=.)_cost$/, ''));
}

/** What happened, newest first; what has no moment last. */
function activitiesOf(list: JsonArray, skewMs: number): Activity[] {
  return list
    .flatMap((entry): Activity[] => {
      const description = memberOf(entry, 'description');
      const at = momentOf(memberOf(entry, 'timestamp'), skewMs);
      return typeof description === 'string' ? [{ description: cut(description), at }] : [];
    })
    .sort((a, b) => (b.at ?? 0) - (a.at ?? 0))
    .slice(0, maxActivities);
}

/**
 * Epoch ms by this machine's clock; undefined where the engine says no time.
 *
 * @param seconds epoch seconds by the engine's clock
 * @param skewMs how far that is ahead
 */
export function momentOf(seconds: JsonValue | undefined, skewMs: number): number | undefined {
  return typeof seconds === 'number' ? instantOf(seconds * 1000 - skewMs) : undefined;
}

function isFigure(value: JsonValue): value is number {
  return Number.isFinite(value);
}

function cut(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}
