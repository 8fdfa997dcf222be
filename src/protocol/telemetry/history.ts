import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Version } from '../../feed/history.ts';
import type { Projection } from '../../feed/projection.ts';

const maxSeconds = 600;
const maxPoints = 600;

/** `seconds`: how far back, 1 to 600 (default 600). `step`: least seconds between two points; 0: every version. */
export const historyQuery = z.object({
  seconds: z.coerce.number().int().min(1).max(maxSeconds).default(maxSeconds),
  step: z.coerce.number().min(0).max(maxSeconds).optional(),
});

/**
 * The kept versions as one JSON array of `{seq, at, data}`, oldest first, made as it is read: `at` is when the
 * gateway committed the version, ISO 8601; versions of before the engine ever answered are none. The newest version is always the last point. Versions are not kept for who
 * reads slowly: those that the history drops before their turn are left out.
 */
export function historyStream(
  projection: Projection,
  spokenSince: number | undefined,
  { seconds, step = seconds / maxPoints }: z.infer<typeof historyQuery>,
  clock: Clock,
): ReadableStream<Uint8Array> {
  const now = clock.monotonic();
  const since = now - seconds * 1000;
  const all = spokenSince === undefined ? [] : shownVersions(projection, spokenSince);
  const versions = all.filter((version, index) => version.committedAt > since || index === all.length - 1);
  const seqs = thinOut(versions, now, step * 1000).map(({ seq }) => seq);
  return streamPoints(projection, seqs.values());
}

function streamPoints(projection: Projection, seqs: Iterator<number>): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  let separator = '[';
  const nextHeld = (): Version | undefined => {
    for (let next = seqs.next(); next.done !== true; next = seqs.next()) {
      const version = projection.feed.version(next.value);
      if (version !== undefined) return version;
    }
    return undefined;
  };
  return new ReadableStream({
    pull(controller) {
      const version = nextHeld();
      if (version === undefined) {
        controller.enqueue(text.encode(separator === '[' ? '[]' : ']'));
        controller.close();
        return;
      }
      const at = new Date(version.at).toISOString();
      const point = JSON.stringify({ seq: version.seq, at, data: projection.of(version) });
      controller.enqueue(text.encode(`${separator}${point}`));
      separator = ',\n';
    },
  });
}

/** The last version of each step, counted back from now. */
function thinOut(versions: readonly Version[], now: number, stepMs: number): Version[] {
  if (stepMs === 0) return [...versions];
  const byStep = new Map<number, Version>();
  for (const version of versions) byStep.set(Math.floor((now - version.committedAt) / stepMs), version);
  return [...byStep.values()];
}

/** The kept versions from `since` on in which something that the projection shows changed, and the oldest one. */
function shownVersions(projection: Projection, since: number): Version[] {
  const versions = projection.feed.history().filter(({ seq }) => seq >= since);
  return versions.filter((version, index) => {
    const previous = versions[index - 1];
    return previous === undefined || projection.differs(version, previous);
  });
}
