import { formatPosition } from '../feed/position.ts';
import type { Projection } from '../feed/projection.ts';
import { CodedContent, codedResponse } from '../http/coded-content.ts';
import { acceptedForSecrets } from '../http/content-coding.ts';

/** Documents are written out and compressed again where they would take more, those first that were made first. */
const maxBytes = 8 * 1024 * 1024;

interface Snapshot {
  /** `seq` of the version of the feed. */
  readonly version: number;
  readonly content: CodedContent;
  /** At most, all forms together. */
  readonly bytes: number;
}

/** Answers with documents as JSON, whose `ETag` is their position. Each version is made once for all who ask for it. */
export class Snapshots {
  /** The newest that was asked for, by the epoch of what it shows. */
  readonly #made = new Map<string, Snapshot>();
  #bytes = 0;

  answer(request: Request, projection: Projection): Promise<Response> {
    const { position } = projection;
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
    return codedResponse(request, formatPosition(position), headers, {
      acceptEncoding: acceptedForSecrets(request),
      content: () => this.#contentOf(projection, position.epoch),
    });
  }

  #contentOf(projection: Projection, epoch: string): CodedContent {
    const { current } = projection.feed;
    const known = this.#made.get(epoch);
    if (known?.version === current.seq) return known.content;
    this.#forget(epoch);
    const content = new CodedContent(Buffer.from(JSON.stringify(projection.of(current))));
    const bytes = 2 * content.length;
    this.#made.set(epoch, { version: current.seq, content, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#made.keys()) {
      if (this.#bytes <= maxBytes) break;
      this.#forget(oldest);
    }
    return content;
  }

  #forget(epoch: string): void {
    this.#bytes -= this.#made.get(epoch)?.bytes ?? 0;
    this.#made.delete(epoch);
  }
}
