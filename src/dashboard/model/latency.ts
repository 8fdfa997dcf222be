import type { TelemetryDocument } from '../../client/index.ts';
import type { HistoryPoint } from './history.ts';
import { figure, wasFresh } from './knowledge.ts';
import { Track, type TrackPoint } from './track.ts';

export type FigureSection = 'agents' | 'models';
const sections: readonly FigureSection[] = ['agents', 'models'];

/** Kept for each. */
export const latencySeconds = 120;

/** The latencies of agents and models over time, one track for each that the document names. */
export class LatencyTracks {
  readonly #tracks = new Map<string, Track>();

  get(section: FigureSection, name: string): Track | undefined {
    return this.#tracks.get(keyOf(section, name));
  }

  /** Takes what a document says now. What is not fresh is the last known, and says nothing about now. */
  put(document: TelemetryDocument, at: number, isFresh: (path: string) => boolean): void {
    const latencies = new Map(latenciesOf(document, isFresh));
    for (const [key, value] of latencies) this.#track(key).put({ at, value });
    for (const [key, track] of this.#tracks) {
      if (latencies.has(key)) continue;
      const [section = ''] = key.split('/');
      // It is gone from its section, or the section is not in the present view.
      if (document[section] !== undefined) this.#tracks.delete(key);
      else track.put({ at, value: null });
    }
  }

  fill(history: readonly HistoryPoint[], until: number): void {
    const points = new Map<string, TrackPoint[]>();
    for (const { at, document } of history) {
      for (const [key, value] of latenciesOf(document, (path) => wasFresh(document, path))) {
        const own = points.get(key) ?? [];
        own.push({ at, value });
        points.set(key, own);
      }
    }
    for (const [key, own] of points) this.#tracks.get(key)?.fill(own, until);
  }

  advance(at: number): void {
    for (const track of this.#tracks.values()) track.advance(at);
  }

  #track(key: string): Track {
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    const track = new Track({ stepMs: 1000, length: latencySeconds });
    this.#tracks.set(key, track);
    return track;
  }
}

function latenciesOf(
  document: TelemetryDocument,
  isFresh: (path: string) => boolean,
): [string, number | null][] {
  return sections.flatMap((section) =>
    Object.entries(document[section] ?? {}).flatMap(([name, figures]): [string, number | null][] => {
      const latency = figure(document, figures?.latency_ms);
      if (latency === null) return [];
      return [[keyOf(section, name), isFresh(`${section}.${name}.latency_ms`) ? latency : null]];
    }),
  );
}

function keyOf(section: FigureSection, name: string): string {
  return `${section}/${name}`;
}
