import type { IncomingMessage } from 'node:http';
import type { Reply } from './reply.ts';

/** One request, its path taken apart. */
export interface Call {
  request: IncomingMessage;
  query: URLSearchParams;
  /** What stands in the place of `:name` in the route's path, decoded; empty where there is none. */
  name: string;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;
export const methods = ['GET', 'POST', 'DELETE'] as const;
export type Method = (typeof methods)[number];
export type Route = Partial<Record<Method, Handler>>;

/** By path; one segment of it may be `:name`. */
export type RouteTable = Readonly<Record<string, Route>>;

/** The route for a path, and what `:name` stands for in it. A path written out comes before a pattern. */
export function createRouteFinder(table: RouteTable) {
  const routes = Object.entries(table).map(([path, route]) => ({ path, segments: path.split('/'), route }));
  const patterns = routes.filter(({ segments }) => segments.includes(':name'));
  const exact = new Map(
    routes.filter((route) => !patterns.includes(route)).map(({ path, route }) => [path, route]),
  );

  return (path: string): { route: Route; name: string } | undefined => {
    const written = exact.get(path);
    if (written !== undefined) return { route: written, name: '' };
    const given = path.split('/');
    const found = patterns.find(({ segments }) => fits(segments, given));
    const name = decoded(given[found?.segments.indexOf(':name') ?? -1] ?? '');
    return found === undefined || name === undefined ? undefined : { route: found.route, name };
  };
}

function fits(segments: readonly string[], given: readonly string[]): boolean {
  return (
    segments.length === given.length &&
    segments.every((segment, index) => (segment === ':name' ? given[index] !== '' : segment === given[index]))
  );
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
