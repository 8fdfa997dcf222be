import { lastOf, Track, type TrackPoint, type TrackView } from './track.ts';

const second = 1000;
/** Of the track that has a step for each second. */
export const nearSeconds = 600;

/** What a chart may show. */
export const priceRanges = [
  { seconds: 60, label: '1 min' },
  { seconds: 300, label: '5 min' },
  { seconds: nearSeconds, label: '10 min' },
  { seconds: 3600, label: '1 h' },
  { seconds: 21_600, label: '6 h' },
  { seconds: 86_400, label: '24 h' },
] as const;

/** Of the tracks that reach further: more are not seen apart. */
const farSteps = 720;
/** What is known reaches further than a range by so much before the next one is worth offering. */
const further = 1.1;

/** As many of the ranges as there is a past for: the first, and each that shows more than the one before it. */
export function offeredRanges(pastSeconds: number) {
  return priceRanges.filter((_, index) => {
    const before = priceRanges[index - 1];
    return before === undefined || pastSeconds > before.seconds * further;
  });
}

/** A track of one long range. */
export interface FarTrack {
  readonly seconds: number;
  readonly track: Track;
  /** Since when it may lack something that the gateway knows, epoch ms; undefined: it lacks nothing. */
  missingSince: number | undefined;
}

/** The price of one symbol over time, in steps that are the longer the further back one looks. */
export class PriceTracks {
  readonly near = new Track({ stepMs: second, length: nearSeconds });
  readonly #far: readonly FarTrack[] = priceRanges
    .filter(({ seconds }) => seconds > nearSeconds)
    .map(({ seconds }) => ({
      seconds,
      track: new Track({ stepMs: (seconds * second) / farSteps, length: farSteps }),
      missingSince: 0,
    }));
  /** When the oldest price that is known was one, here or to the gateway; undefined: none is. */
  #since: number | undefined;

  /** The track of a range that the near one does not reach. */
  far(seconds: number): FarTrack | undefined {
    return seconds <= nearSeconds ? undefined : this.#far.find((own) => own.seconds >= seconds);
  }

  /** The last so many seconds. */
  read(seconds: number = nearSeconds): TrackView {
    const track = this.far(seconds)?.track ?? this.near;
    return lastOf(track.read(), (seconds * second) / track.stepMs);
  }

  /** Seconds from the oldest price that is known to `now`, epoch ms. */
  pastSeconds(now: number): number {
    return this.#since === undefined ? 0 : (now - this.#since) / second;
  }

  put(point: TrackPoint): void {
    if (point.value !== null) this.reaches(point.at);
    for (const track of this.#tracks()) track.put(point);
  }

  /** Prices are known from this moment on, epoch ms. */
  reaches(at: number): void {
    this.#since = Math.min(at, this.#since ?? at);
  }

  advance(at: number): void {
    for (const track of this.#tracks()) track.advance(at);
  }

  /** From this moment on something may be missing. */
  missFrom(at: number): void {
    for (const own of this.#far) own.missingSince ??= at;
  }

  /** Another symbol has another past. */
  clear(): void {
    this.#since = undefined;
    for (const track of this.#tracks()) track.clear();
    for (const own of this.#far) own.missingSince = 0;
  }

  #tracks(): readonly Track[] {
    return [this.near, ...this.#far.map(({ track }) => track)];
  }
}
