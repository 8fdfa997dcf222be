import type { ClientStats } from '../../client/index.ts';

export interface Rates {
  readonly updatesPerSecond: number;
  readonly bytesPerSecond: number;
  /** 1 − received ÷ what whole JSON packets would have been; undefined while nothing came. */
  readonly saved: number | undefined;
}

interface Sample {
  /** Monotonic ms. */
  readonly at: number;
  readonly stats: Pick<ClientStats, 'bytes' | 'full' | 'deltas'>;
}

/** Averaged over so long. */
const spanMs = 5000;

/** Turns the client's counters, sampled every second or so, into rates. */
export class RateMeter {
  #samples: readonly Sample[] = [];

  /** @param fullBytes what a whole JSON packet of the present view takes */
  read(sample: Sample, fullBytes: number): Rates {
    const kept = this.#samples.filter(({ at }) => sample.at - at <= spanMs);
    this.#samples = [...kept, sample];
    const [first = sample] = this.#samples;
    const seconds = Math.max(1, (sample.at - first.at) / 1000);
    const packets = packetsOf(sample) - packetsOf(first);
    const bytes = sample.stats.bytes - first.stats.bytes;
    return {
      updatesPerSecond: packets / seconds,
      bytesPerSecond: bytes / seconds,
      saved: packets === 0 ? undefined : Math.max(0, 1 - bytes / (packets * fullBytes)),
    };
  }

  /** Another view began: what was before says nothing about it. */
  reset(): void {
    this.#samples = [];
  }
}

function packetsOf({ stats }: Sample): number {
  return stats.full + stats.deltas;
}

/** Bytes of a whole JSON packet with this document. */
export function fullPacketBytes(document: object, seq: number): number {
  const text = JSON.stringify({ type: 'TELEMETRY', seq, data: document });
  return new TextEncoder().encode(text).length;
}
