import type { TelemetryDocument } from '../../client/index.ts';
import type { HistoryPoint } from './history.ts';
import { figure, isSourceFresh } from './knowledge.ts';
import type { TrackPoint } from './track.ts';

/**
 * Reads the price out of documents as they follow each other. Null where nothing vouches for it: the polled state is
 * not fresh, and no event moved the price either.
 */
export function createPriceReader(): (document: TelemetryDocument) => number | null {
  let last: number | null = null;
  return (document) => {
    const price = figure(document, document.market?.price);
    const moved = price !== null && last !== null && price !== last;
    last = price ?? last;
    return moved || isSourceFresh(document, 'state') ? price : null;
  };
}

export function pricePoints(points: readonly HistoryPoint[]): TrackPoint[] {
  const read = createPriceReader();
  return points.map(({ at, document }) => ({ at, value: read(document) }));
}
