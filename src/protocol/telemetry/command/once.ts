import type { Clock } from '../../../core/clock.ts';
import type { PolledState } from '../document/documents.ts';
import { contradicts } from './answer.ts';
import type { CommandOrder, CommandOutcome, CommandType } from './order.ts';

/** How long a command that was carried out is known by its id: a client tries another way after a second. */
const rememberedMs = { HALT: 3000, RESUME: 60_000 } as const;
const maxRemembered = 1000;

interface Execution {
  readonly type: CommandType;
  readonly connectionId: string;
  readonly outcome: Promise<CommandOutcome>;
  /** What it came to, once that is known. */
  ended: { readonly outcome: CommandOutcome; readonly at: number } | undefined;
  /** Of a HALT: a RESUME was begun since, or the engine says that it is running. Of a RESUME: a HALT was acknowledged. */
  isOvertaken: boolean;
}

/**
 * Knows commands by who gave them and their `requestId`, so that one that comes by a second way is carried out once.
 *
 * The two kinds are not alike. A HALT is told the outcome of another only while it is under way, or where it was
 * acknowledged a moment ago by another connection and nothing has happened since: in any doubt it is carried out,
 * for halting twice is halting, and a client may well give each of its HALTs the same id. A RESUME is never carried
 * out twice: repeated after a HALT it is refused.
 */
export class CommandOnce {
  readonly #clock: Clock;
  readonly #executions = new Map<string, Execution>();

  constructor(clock: Clock, polls: PolledState) {
    this.#clock = clock;
    // The engine runs in spite of an acknowledged HALT: a repetition of that is carried out again.
    polls.onStatus((status) => {
      if (contradicts('HALT', status)) this.#overtake('RESUME');
    });
  }

  /**
   * What a repetition is to be told: the outcome of the first execution; or that it comes too late, since another
   * command was carried out after that one. Undefined: it is to be carried out.
   */
  repetition(order: CommandOrder): Promise<CommandOutcome> | 'overtaken' | undefined {
    const key = keyOf(order);
    const execution = key === undefined ? undefined : this.#executions.get(key);
    if (execution === undefined) return undefined;
    const { type, connectionId, outcome, ended, isOvertaken } = execution;
    if (ended !== undefined && this.#clock.monotonic() - ended.at >= rememberedMs[type]) return undefined;
    if (type === 'RESUME') {
      if (ended?.outcome.ok === true) return isOvertaken ? 'overtaken' : outcome;
      // Refused without an effect it is as if it had never been given, unless a HALT came before it was sent.
      const isVoid = ended?.outcome.effect === 'none' && ended.outcome.code !== 'SUPERSEDED';
      return isVoid ? undefined : outcome;
    }
    if (connectionId === order.sender.connectionId || isOvertaken) return undefined;
    return ended === undefined || ended.outcome.ok ? outcome : undefined;
  }

  /** Notes a command that is carried out now. */
  note(order: CommandOrder, outcome: Promise<CommandOutcome>): void {
    const { type } = order;
    // From now on: a HALT that comes while a RESUME is under way is to cancel it.
    if (type === 'RESUME') this.#overtake(type);
    const { connectionId } = order.sender;
    const execution: Execution = { type, connectionId, outcome, ended: undefined, isOvertaken: false };
    void outcome.then((ended) => {
      execution.ended = { outcome: ended, at: this.#clock.monotonic() };
      if (ended.ok) this.#overtake(type);
    });
    const key = keyOf(order);
    if (key === undefined) return;
    // Moved to the end: the oldest are dropped first.
    this.#executions.delete(key);
    this.#executions.set(key, execution);
    for (const oldest of this.#executions.keys()) {
      if (this.#executions.size <= maxRemembered) break;
      this.#executions.delete(oldest);
    }
  }

  #overtake(by: CommandType): void {
    for (const execution of this.#executions.values())
      if (execution.type !== by) execution.isOvertaken = true;
  }
}

/** Without a token it is the id alone that counts: a client's address may be another by another way. */
function keyOf({ type, requestId, sender }: CommandOrder): string | undefined {
  const { subject = '' } = sender.principal;
  return requestId === undefined ? undefined : JSON.stringify([type, subject, requestId]);
}
