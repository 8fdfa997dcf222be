import type { TelemetryDocument } from './document.ts';

/** A place in the document: keys from the top, joined by dots. A key that has a dot itself needs a selector. */
export type Path = KnownPath | (string & {});

/** The names that an interface spells out, without those its index signature lets through. */
type NamedKey<Section> = keyof {
  [Key in keyof Section as string extends Key ? never : number extends Key ? never : Key]: unknown;
} &
  string;

/** The documented places. */
export type KnownPath = {
  [Section in NamedKey<TelemetryDocument>]:
    | Section
    | (NonNullable<TelemetryDocument[Section]> extends readonly unknown[] | string
        ? never
        : `${Section}.${NamedKey<NonNullable<TelemetryDocument[Section]>>}`);
}[NamedKey<TelemetryDocument>];

/** The type of what is at a place; `unknown` where it is not a documented one. */
export type ValueAtPath<Key extends string> =
  Key extends NamedKey<TelemetryDocument>
    ? TelemetryDocument[Key]
    : Key extends `${infer Section}.${infer Field}`
      ? Section extends NamedKey<TelemetryDocument>
        ? Field extends NamedKey<NonNullable<TelemetryDocument[Section]>>
          ? NonNullable<TelemetryDocument[Section]>[Field] | undefined
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
