import { type Cancel, type Clock, isoTime } from '../../../core/clock.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { PolledState } from '../document/polled-state.ts';
import type { HaltRemark, StateRemarks } from '../document/state-remarks.ts';
import { auditContradiction, type Ordered } from './audit.ts';
import type { Command } from './outcome.ts';
import { contradicts, showsDone } from './words.ts';

/** A command that the engine said yes to. */
export interface Acknowledged extends Ordered {
  readonly command: Command;
  /** The engine only said that it has begun. */
  readonly isBegun: boolean;
}

export interface CommandWatchOptions {
  readonly polls: PolledState;
  readonly remarks: StateRemarks;
  readonly clock: Clock;
  /** For the line that stands among those of the commands. */
  readonly audit: Log;
  readonly log: Log;
  /** Whether documents say who halted, and why: only where nobody looks without a token. */
  readonly tellsWho: boolean;
}

/** How long an engine may show what was so before. */
const settleMs = { done: 3000, begun: 10_000 } as const;
/** Polls in a row that show it running, after one that did not: then somebody resumed it past the gateway. */
const runningPolls = 2;

interface Watched extends Acknowledged {
  readonly at: number;
  readonly settleMs: number;
  /** A poll begun after it said the contrary. */
  isDoubted: boolean;
}

/**
 * Holds the engine to its word. After an acknowledged command its state is watched: two polls that say the contrary,
 * the second at least 3 s after the ACK (10 s where the engine only began), are a contradiction, until the engine
 * agrees or a command to the contrary is acknowledged. And for as long as it is halted by a command, documents say by whose.
 */
export interface CommandWatch {
  acked(acknowledged: Acknowledged): void;
  stop(): void;
}

export function createCommandWatch(options: CommandWatchOptions): CommandWatch {
  const { polls, remarks, clock, audit, log, tellsWho } = options;
  let watched: Watched | undefined;
  let halt: { readonly remark: HaltRemark; readonly at: number; running: number | undefined } | undefined;
  let isContradicted = false;
  let cancelPoll: Cancel = () => {};

  const show = (): void =>
    remarks.set({
      ...(halt === undefined ? {} : { halt: halt.remark }),
      ...(isContradicted ? { contradicted: true } : {}),
    });

  const contradict = (acknowledged: Watched, status: JsonValue | undefined): void => {
    isContradicted = true;
    auditContradiction(audit, acknowledged, status);
    const { command, at } = acknowledged;
    const fields = { command, status, acknowledged_ms_ago: Math.round(clock.monotonic() - at) };
    log.error(fields, 'the engine contradicts a command that it acknowledged');
  };

  const judge = (status: JsonValue | undefined, startedAt: number): void => {
    if (watched === undefined || startedAt < watched.at) return;
    if (showsDone(watched.command, status)) {
      watched = undefined;
      isContradicted = false;
    } else if (contradicts(watched.command, status)) {
      const isLate = startedAt - watched.at >= watched.settleMs;
      if (watched.isDoubted && isLate && !isContradicted) contradict(watched, status);
      watched.isDoubted = true;
    }
  };

  const judgeHalt = (status: JsonValue | undefined, startedAt: number): void => {
    if (halt === undefined || startedAt < halt.at) return;
    if (!contradicts('HALT', status)) halt.running = 0;
    else if (halt.running !== undefined) halt.running += 1;
    // While its HALT is still watched nobody resumed it: it never halted.
    if ((halt.running ?? 0) >= runningPolls && watched?.command !== 'HALT') halt = undefined;
  };

  const stopListening = polls.onStatus((status, startedAt) => {
    judge(status, startedAt);
    judgeHalt(status, startedAt);
    show();
  });

  return {
    acked(acknowledged) {
      const { command, order, caller, isBegun } = acknowledged;
      const at = clock.monotonic();
      const ms = isBegun ? settleMs.begun : settleMs.done;
      // Repeated, it does not give the engine its time once more.
      const isRepeated = watched?.command === command;
      if (!isRepeated) watched = { ...acknowledged, at, settleMs: ms, isDoubted: false };
      if (command === 'RESUME') halt = undefined;
      // Who halted first did it, unless the engine went on all the same.
      else if (halt === undefined || isContradicted) {
        const { subject, role } = caller;
        const remark = {
          ...(tellsWho && subject !== undefined ? { by: subject } : {}),
          role,
          ...(tellsWho && order.reason !== undefined ? { reason: order.reason } : {}),
          at: isoTime(clock.now()),
        };
        halt = { remark, at, running: undefined };
      }
      isContradicted &&= isRepeated;
      show();
      if (isRepeated) return;
      cancelPoll();
      // Whatever the schedule is: a contradiction is to be known as soon as it is one.
      cancelPoll = clock.after(ms, polls.poll);
    },
    stop() {
      cancelPoll();
      stopListening();
    },
  };
}
