import { type Cancel, type Clock, isoTime } from '../../../core/clock.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { PolledState } from '../document/documents.ts';
import type { HaltRemark, StateRemarks } from '../document/state-remarks.ts';
import { contradicts, showsDone } from './answer.ts';
import { type CommandOrder, maxIdLength } from './order.ts';

interface CommandWatchOptions {
  readonly polls: PolledState;
  readonly remarks: StateRemarks;
  readonly clock: Clock;
  /** For the line that stands among those of the commands. */
  readonly audit: Log;
  readonly log: Log;
  /** Whether documents say who halted, and why: only where nobody looks without a token. */
  readonly tellsWho: boolean;
}

/** How long the state may still be that from before the command. */
const settleMs = { done: 3000, begun: 10_000 } as const;
/** Polls in a row that show it running, after one that did not: then somebody resumed it past the gateway. */
const runningPolls = 2;

/** A command that the engine acknowledged. */
interface Watched {
  readonly order: CommandOrder;
  readonly at: number;
  readonly settleMs: number;
  /** A poll begun after it said the contrary. */
  isDoubted: boolean;
}

/**
 * Checks that the engine does what it acknowledged. After an ACK its state is watched: two polls that say the contrary,
 * the second at least 3 s after the ACK (10 s where the engine only began), are a contradiction, until the engine
 * agrees or a command to the contrary is acknowledged. While it is halted by a command, documents say who gave it.
 */
export class CommandWatch {
  readonly #options: CommandWatchOptions;
  readonly #stopListening: Cancel;
  #watched: Watched | undefined;
  #halt: { readonly remark: HaltRemark; readonly at: number; running: number | undefined } | undefined;
  #isContradicted = false;
  #cancelPoll: Cancel = () => {};

  constructor(options: CommandWatchOptions) {
    this.#options = options;
    this.#stopListening = options.polls.onStatus((status, startedAt) => {
      this.#judge(status, startedAt);
      this.#judgeHalt(status, startedAt);
      this.#show();
    });
  }

  /** @param isBegun the engine only said that it has begun */
  acked(order: CommandOrder, isBegun: boolean): void {
    const { clock, polls } = this.#options;
    const at = clock.monotonic();
    const ms = isBegun ? settleMs.begun : settleMs.done;
    // Repeated, it does not give the engine its time once more.
    const isRepeated = this.#watched?.order.type === order.type;
    if (!isRepeated) this.#watched = { order, at, settleMs: ms, isDoubted: false };
    if (order.type === 'RESUME') this.#halt = undefined;
    // Who halted first did it, unless the engine went on all the same.
    else if (this.#halt === undefined || this.#isContradicted)
      this.#halt = { remark: this.#remarkOn(order), at, running: undefined };
    this.#isContradicted &&= isRepeated;
    this.#show();
    if (isRepeated) return;
    this.#cancelPoll();
    // Whatever the schedule is: a contradiction is to be known as soon as it is one.
    this.#cancelPoll = clock.after(ms, () => polls.poll());
  }

  stop(): void {
    this.#cancelPoll();
    this.#stopListening();
  }

  #judge(status: JsonValue | undefined, startedAt: number): void {
    const watched = this.#watched;
    if (watched === undefined || startedAt < watched.at) return;
    const { type } = watched.order;
    if (showsDone(type, status)) {
      this.#watched = undefined;
      this.#isContradicted = false;
    } else if (contradicts(type, status)) {
      const isLate = startedAt - watched.at >= watched.settleMs;
      if (watched.isDoubted && isLate && !this.#isContradicted) this.#contradict(watched, status);
      watched.isDoubted = true;
    }
  }

  #judgeHalt(status: JsonValue | undefined, startedAt: number): void {
    const halt = this.#halt;
    if (halt === undefined || startedAt < halt.at) return;
    if (!contradicts('HALT', status)) halt.running = 0;
    else if (halt.running !== undefined) halt.running += 1;
    // While its HALT is still watched nobody resumed it: it never halted.
    const isWatched = this.#watched?.order.type === 'HALT';
    if ((halt.running ?? 0) >= runningPolls && !isWatched) this.#halt = undefined;
  }

  #contradict({ order, at }: Watched, status: JsonValue | undefined): void {
    const { clock, audit, log } = this.#options;
    const { type: command, requestId, sender } = order;
    this.#isContradicted = true;
    audit.info(
      {
        audit: true,
        command,
        connection_id: sender.connectionId,
        subject: sender.principal.subject?.slice(0, maxIdLength),
        request_id: requestId?.slice(0, maxIdLength),
        outcome: 'CONTRADICTED',
        status,
      },
      'operator command contradicted',
    );
    const fields = { command, status, acknowledged_ms_ago: Math.round(clock.monotonic() - at) };
    log.error(fields, 'the engine contradicts a command that it acknowledged');
  }

  #remarkOn({ reason, sender }: CommandOrder): HaltRemark {
    const { clock, tellsWho } = this.#options;
    const { subject, role = 'viewer' } = sender.principal;
    return {
      ...(tellsWho && subject !== undefined ? { by: subject } : {}),
      role,
      ...(tellsWho && reason !== undefined ? { reason } : {}),
      at: isoTime(clock.now()),
    };
  }

  #show(): void {
    this.#options.remarks.set({
      ...(this.#halt === undefined ? {} : { halt: this.#halt.remark }),
      ...(this.#isContradicted ? { contradicted: true } : {}),
    });
  }
}
