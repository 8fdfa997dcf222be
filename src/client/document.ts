import type { JsonValue } from '../core/json.ts';
import { withoutAnsi } from '../core/terminal-text.ts';

/**
 * The document, as README.md describes it: every section may be left out (by `sections`, or by the engine) and
 * every figure may be null, when the engine does not know it. Fields that are not named here pass through as the
 * engine sends them; an application that knows more of its engine names its own type:
 * `createTelemetryClient<MyDocument>()`.
 */
export interface TelemetryDocument {
  /** ISO 8601, of the engine's snapshot. */
  readonly timestamp?: string | null;
  readonly status?: 'ACTIVE' | 'HALT' | 'INITIALIZING' | null;
  readonly market?: MarketSection;
  readonly portfolio?: PortfolioSection;
  readonly signal?: SignalSection;
  readonly governance?: GovernanceSection;
  /** The last ten, oldest first. */
  readonly logs?: readonly LogLine[];
  readonly agents?: Figures;
  readonly models?: Figures;
  readonly sources?: Sources;
  readonly [section: string]: unknown;
}

export interface MarketSection {
  readonly symbol?: string | null;
  /** Of the price: `USD`, `JPY`, `USDT`. Engines may leave it out. */
  readonly currency?: string | null;
  /** In the market's currency. */
  readonly price?: number | null;
  /** Hill tail index. */
  readonly alpha?: number | null;
  /** `Gaussian`, `Lévy Stable` or `Critical`. */
  readonly regime?: string | null;
  /** Of the price, per period. */
  readonly velocity?: number | null;
  /** Of the price, per period². */
  readonly acceleration?: number | null;
  readonly [field: string]: JsonValue | undefined;
}

export interface PortfolioSection {
  /** Of the amounts below. Default: the market's. */
  readonly currency?: string | null;
  readonly nav?: number | null;
  readonly cash?: number | null;
  readonly daily_pnl?: number | null;
  /** A fraction: −0.05 is −5 %. */
  readonly max_drawdown?: number | null;
  readonly [field: string]: JsonValue | undefined;
}

export interface SignalSection {
  readonly side?: 'BUY' | 'SELL' | 'FLAT' | null;
  /** 0 to 1. */
  readonly confidence?: number | null;
  readonly reasoning?: string | null;
  readonly [field: string]: JsonValue | undefined;
}

export interface GovernanceSection {
  /** A fraction, 0 to 0.2. */
  readonly approved_size?: number | null;
  readonly [field: string]: JsonValue | undefined;
}

export interface LogLine {
  readonly level?: string;
  readonly message?: string;
  /** ISO 8601. */
  readonly timestamp?: string;
  readonly [field: string]: JsonValue | undefined;
}

/** The message of a log line for people to read: engines colour what they write for terminals. */
export function messageText({ message }: LogLine): string | undefined {
  return typeof message === 'string' ? withoutAnsi(message) : message;
}

/** Name → its figures, such as `latency_ms` or `success_rate`. */
export interface Figures {
  readonly [name: string]: { readonly [figure: string]: JsonValue } | null;
}

/** What the gateway says of its inputs, by name: `state`, `agents`, `models`, `redis` and configured ones. */
export interface Sources {
  readonly [source: string]: {
    readonly status: 'fresh' | 'stale' | 'down';
    /** When the status last changed, ISO 8601. */
    readonly since: string;
    /** Why it is not fresh. */
    readonly error?: string;
    /** Of a source that is not fresh: paths that events still set, such as `market.price`. */
    readonly live?: readonly string[];
    /** What is odd about what it says: fields of a wrong type. */
    readonly notes?: readonly string[];
    /** Of `state`: by whose command trading is halted. */
    readonly halt?: HaltRemark;
    /** Of `state`: the engine acknowledged the last command, and says the contrary ever since. */
    readonly contradicted?: boolean;
  };
}

/** Who halted, as far as the gateway tells: without tokens it leaves out `by` and `reason`. */
export interface HaltRemark {
  readonly by?: string;
  readonly role?: string;
  readonly reason?: string;
  /** When the engine acknowledged it, ISO 8601. */
  readonly at?: string;
}

/** A place in the document: keys from the top, joined by dots. A key that has a dot itself needs a selector. */
export type Path<Document = TelemetryDocument> = KnownPath<Document> | (string & {});

/** The names that an interface spells out, without those its index signature lets through. */
type NamedKey<Section> = keyof {
  [Key in keyof Section as string extends Key ? never : number extends Key ? never : Key]: unknown;
} &
  string;

/** The documented places. */
export type KnownPath<Document = TelemetryDocument> = {
  [Section in NamedKey<Document>]:
    | Section
    | (NonNullable<Document[Section]> extends readonly unknown[] | string
        ? never
        : `${Section}.${NamedKey<NonNullable<Document[Section]>>}`);
}[NamedKey<Document>];

/** The type of what is at a place; `unknown` where it is not a documented one. */
export type ValueAtPath<Key extends string, Document = TelemetryDocument> =
  Key extends NamedKey<Document>
    ? Document[Key]
    : Key extends `${infer Section}.${infer Field}`
      ? Section extends NamedKey<Document>
        ? Field extends NamedKey<NonNullable<Document[Section]>>
          ? NonNullable<Document[Section]>[Field] | undefined
          : unknown
        : unknown
      : unknown;

/** What is at a place of a value; undefined where the way there ends early. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
