import type { Clock } from '../core/clock.ts';
import type { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import type { CredentialRequest } from './credentials.ts';
import type { Visitors } from './visitors.ts';

/** Further refusals within the second are summed up in one line. */
const linesPerSecond = 10;

/** Counts refused requests and logs them, at a bounded rate. */
export class Refusals {
  readonly #parts: {
    readonly log: Log;
    readonly meter: Meter;
    readonly clock: Clock;
    readonly visitors: Visitors;
  };
  #told = 0;
  #suppressed = 0;

  constructor(parts: { log: Log; meter: Meter; clock: Clock; visitors: Visitors }) {
    this.#parts = parts;
  }

  /**
   * @param edge `auth` for tokens and roles, `upgrade` and `http` for the checks before
   * @param from its address, where that is known; the socket of an earlier request has none any more. Default: as the
   *   request says
   */
  tell(edge: 'auth' | 'upgrade' | 'http', refusal: Refusal, request: CredentialRequest, from?: string): void {
    const { log, meter, clock, visitors } = this.#parts;
    const reason = refusal.code.toLowerCase();
    meter.count('bff_rejected_total', { edge, reason });
    if (this.#told === linesPerSecond) {
      this.#suppressed += 1;
      return;
    }
    if (this.#told === 0) clock.after(1000, () => this.#endSecond());
    this.#told += 1;
    const address = from ?? visitors.of(request).address;
    const { detail } = refusal;
    // Without its query: a token may be in it.
    const [path] = (request.url ?? '').replace(/^[a-z]+:\/\/[^/]*/i, '').split(/[?#]/);
    log.warn({ reason, address, path, detail }, 'refused');
  }

  #endSecond(): void {
    if (this.#suppressed > 0)
      this.#parts.log.warn({ reason: 'many', suppressed: this.#suppressed }, 'refused');
    this.#told = 0;
    this.#suppressed = 0;
  }
}
