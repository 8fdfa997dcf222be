import { posix } from 'node:path';
import { TrieRouter } from 'hono/router/trie-router';

const segment = String.raw`(?:(?!\.{1,2}(?:\/|$))[\w.~-]+|:[A-Za-z]\w*)`;
const pathPattern = new RegExp(String.raw`^(?:\/${segment})+$`);
export const aliasesExpected =
  'expected other paths for ours, such as /api/ws/stream=/ws/stream,/api/actions/halt=/api/telemetry/halt';

interface Alias {
  readonly entry: string;
  readonly path: string;
  /** The path of ours that it stands for. */
  readonly target: string;
}

/** What is wrong with an entry of `PATH_ALIASES` by itself; undefined: nothing. */
export function aliasFault(entry: string): string | undefined {
  const { path, target } = readAlias(entry);
  if (!pathPattern.test(path) || (target !== '/' && !pathPattern.test(target)))
    return `"${entry}" is no alias – ${aliasesExpected}`;
  const [names, targetNames] = [namesIn(path), namesIn(target)];
  if (new Set(names).size === names.length && names.toSorted().join() === targetNames.toSorted().join())
    return undefined;
  return `"${entry}" has different names behind colons – expected each once on both sides, such as /logs/:name=/ws/instances/:name/logs`;
}

function readAlias(entry: string): Alias {
  const [path = '', target = '', ...rest] = entry.split('=').map(withoutSlash);
  return { entry, path, target: [target, ...rest].join('=') };
}

const namesIn = (path: string): string[] => path.split('/').filter(isName);
const isName = (part: string): boolean => part.startsWith(':');
const takes = (name: string, part: string): boolean => isName(name) && part !== '';

/** What `PATH_ALIASES` may name and must not hide. In all of them a segment behind a colon matches any one. */
export interface OwnPaths {
  /** WebSocket endpoints and APIs. */
  readonly served: readonly string[];
  /** Pages, which are served at their own paths only: their links lead elsewhere from others. */
  readonly pages: readonly string[];
  /** Paths of the engine that commands are carried out for, with the path of ours that does so. */
  readonly commands: ReadonlyMap<string, string>;
}

/** What is wrong with the entries of `PATH_ALIASES`, given what is served. */
export function aliasFaults(entries: readonly string[], { served, pages, commands }: OwnPaths): string[] {
  const aliases = entries.map(readAlias);
  return aliases.flatMap(({ entry, path, target }, index) => {
    const say = (fault: string) => [`PATH_ALIASES: "${entry}": ${fault}`];
    if (!served.some((own) => covers(own, target))) {
      return say(
        `nothing is served at ${target} – expected one of ${[...new Set(served)].sort().join(', ')}`,
      );
    }
    const hidden = [...served, ...pages].find((own) => overlap(own, path));
    if (hidden !== undefined) return say(`it would hide ${hidden} – expected a path that is not served yet`);
    const command = [...commands.keys()].find((engines) => overlap(engines, path.toLowerCase()));
    if (command !== undefined && commands.get(command) !== target) {
      return say(`it would hide the command ${command} – expected ${command}=${commands.get(command) ?? ''}`);
    }
    const other = aliases.slice(0, index).find((earlier) => overlap(earlier.path, path));
    return other === undefined ? [] : say(`"${other.entry}" is for the same path – expected one of them`);
  });
}

/** Whether every path of the second is one of the first. */
function covers(own: string, target: string): boolean {
  return matches(own, target, (part, other) => part === other || takes(part, other));
}

/** Whether one path can be both. */
function overlap(one: string, other: string): boolean {
  return matches(one, other, (part, second) => part === second || takes(part, second) || takes(second, part));
}

function matches(one: string, other: string, fits: (part: string, other: string) => boolean): boolean {
  const [parts, others] = [one.split('/'), other.split('/')];
  return parts.length === others.length && parts.every((part, index) => fits(part, others[index] ?? ''));
}

/** By which path a request is routed, on every port and by whatever protocol. */
export class Paths {
  readonly #targets = new TrieRouter<string>();
  readonly #hasAliases: boolean;

  /** @param aliases entries of `PATH_ALIASES` without faults */
  constructor(aliases: readonly string[] = []) {
    this.#hasAliases = aliases.length > 0;
    for (const { path, target } of aliases.map(readAlias)) this.#targets.add('GET', path, target);
  }

  /** The path without one slash at its end, or the path of ours that it is an alias of. */
  routed(path: string): string {
    const bare = withoutSlash(path);
    return this.#targetOf(bare) ?? bare;
  }

  /** What the engine is asked for: the path of ours that it is an alias of, else the path as it is. */
  forwarded(path: string): string {
    return this.#targetOf(withoutSlash(path)) ?? path;
  }

  #targetOf(path: string): string | undefined {
    if (!this.#hasAliases) return undefined;
    const [[found] = []] = this.#targets.match('GET', path);
    if (found === undefined) return undefined;
    const [target, named] = found;
    return target.replaceAll(/(?<=\/):(\w+)/g, (_, name: string) => String(named[name]));
  }
}

/** `//` is left as it is: no path of ours, and another one to an engine. */
function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') && !path.endsWith('//') ? path.slice(0, -1) : path;
}

/** A path as the most lenient of engines may read it: `//api/x/..;/System/%68alt;v=1/` is `/api/system/halt`. */
export function plainest(path: string): string {
  const decoded = path.replaceAll(/%([0-7][\da-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const bare = decoded
    .toLowerCase()
    .replaceAll('\\', '/')
    .replaceAll(/[;?#][^/]*/g, '');
  return posix.normalize(bare).replace(/(?<=.)\/$/, '');
}
