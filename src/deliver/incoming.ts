import type { Clock } from '../core/clock.ts';
import { MessageLimiter, type MessageVerdict, messageDefaults } from './message-limiter.ts';
import type { SessionTerms } from './session-terms.ts';
import { UrgentMessages } from './urgent-messages.ts';

/** What one client says: how much of it is heard, and what is heard however much it says. Most clients say nothing. */
export class Incoming {
  readonly #limiter: MessageLimiter;
  readonly #urgent: UrgentMessages | undefined;

  constructor({ messages = messageDefaults, urgent }: SessionTerms, clock: Clock) {
    this.#limiter = new MessageLimiter(messages);
    this.#urgent = urgent && new UrgentMessages(urgent, clock);
  }

  /** Of a message, or of a ping: it costs as much to read, so it counts as one. */
  admit(now: number): MessageVerdict {
    return this.#limiter.admit(now);
  }

  /** Has a message over the rate acted on that is urgent. False: it is not, or waits. */
  takeUrgent(data: Buffer, isBinary: boolean, act: (data: Buffer) => void): boolean {
    return this.#urgent?.take(data, isBinary, act) === true;
  }

  /** What waits is acted on now: nobody is there to say it again. */
  flush(): void {
    this.#urgent?.flush();
  }
}
