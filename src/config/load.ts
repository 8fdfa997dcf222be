import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { secretSettings, urlSettings } from './core-settings.ts';
import { type ComposedSettings, compose, type DialectSettings } from './dialect-settings.ts';
import { type Environment, readGiven } from './environment.ts';
import { combinationFaults } from './safety.ts';
import { findUnknownNames } from './unknown-names.ts';

export interface LoadOptions<Name extends PropertyKey = string> {
  readonly env: Environment;
  /** Settings that the command needs, and why. */
  readonly required?: Readonly<Partial<Record<Name, string>>>;
  /** Settings of other commands, which are not read and keep their defaults. */
  readonly unread?: ReadonlySet<string>;
}

/** The settings of the core and of a list of dialects. */
export class Config<const Dialects extends readonly DialectSettings[]> {
  readonly names: readonly string[];
  readonly #dialects: Dialects;
  readonly #schema: z.ZodType<ComposedSettings<Dialects>>;

  constructor(dialects: Dialects) {
    const { schema, names } = compose(dialects);
    this.names = names;
    this.#dialects = dialects;
    this.#schema = schema;
  }

  /** The environment over the config file over the defaults. Throws ConfigError. */
  readonly load = ({
    env,
    required,
    unread = new Set(),
  }: LoadOptions<keyof ComposedSettings<Dialects>>): ComposedSettings<Dialects> => {
    const file = readConfigFile(env.CONFIG_FILE);
    const read = this.#namesRead(unread);
    const { values, faults: howGiven } = readGiven(env, file, read);
    const given = Object.fromEntries(
      Object.entries(values).filter(([key]) => !unread.has(key.replace(/_FILE$/, ''))),
    );
    const parsed = this.#schema.safeParse(given);
    const faults = [...findUnknownNames(env, read, [...unread]).faults, ...howGiven];
    if (!parsed.success)
      faults.push(...parsed.error.issues.flatMap((issue) => describe(issue, given, env, this.names)));
    for (const [key, reason] of Object.entries(required ?? {})) {
      if (given[key] === undefined && !howGiven.some((fault) => fault.startsWith(key)))
        faults.push(`${key}: not set – ${reason}`);
    }
    if (parsed.success) {
      faults.push(...combinationFaults(parsed.data));
      for (const dialect of this.#dialects) faults.push(...(dialect.faults?.(parsed.data) ?? []));
    }
    if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
    return parsed.data;
  };

  /** Variables that begin like settings but are not. */
  readonly unknownNames = ({ env, unread = new Set() }: LoadOptions): readonly string[] =>
    findUnknownNames(env, this.#namesRead(unread), [...unread]).others;

  /** Without lists of objects, whose names are in lower case: a variable cannot hold one. */
  #namesRead(unread: ReadonlySet<string>): readonly string[] {
    return this.names.filter((name) => !unread.has(name) && name !== name.toLowerCase());
  }
}

interface Issue {
  readonly code: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describe(
  issue: Issue,
  given: Readonly<Record<string, unknown>>,
  env: Environment,
  names: readonly string[],
): string[] {
  if (issue.code === 'unrecognized_keys') {
    const at = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    return (issue.keys ?? []).map((key) => `${at}${key}: no such setting${suggestion(key, names)}`);
  }
  const [key] = issue.path;
  const top = String(key);
  const value = issue.path.reduce<unknown>(
    (holder, step) => (typeof holder === 'object' && holder !== null ? Reflect.get(holder, step) : holder),
    given,
  );
  const shown = ` (given: ${JSON.stringify(redacted(top, value)) ?? 'nothing'})`;
  const where = env[top] === undefined || env[top] === '' ? ' in the config file' : '';
  return [`${issue.path.join('.')}: ${issue.message}${shown}${where}`];
}

function suggestion(key: string, names: readonly string[]): string {
  const plain = (text: string): string => text.toUpperCase().replace(/[^A-Z]/g, '');
  const similar = names.find((known) => plain(known) === plain(key));
  return similar === undefined ? '' : ` – did you mean ${similar}?`;
}

/** The settings as JSON, secrets redacted. */
export function printSettings(settings: object): string {
  return JSON.stringify(settings, redacted, 2);
}

function redacted(key: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (secretSettings.has(key)) return '[redacted]';
  return urlSettings.has(key) ? redactedUrl(value) : value;
}

/** Removes user info and query. What is no URL is shown only if it can hold neither. */
function redactedUrl(value: unknown): unknown {
  if (typeof value !== 'string') return '[redacted]';
  if (!/[@?]/.test(value)) return value;
  if (!URL.canParse(value) || new URL(value).host === '') return '[redacted]';
  const { protocol, username, password, host, pathname } = new URL(value);
  return `${protocol}//${username === '' && password === '' ? '' : '[redacted]@'}${host}${pathname}`;
}
