import { type Policy, refusal } from '../../../access/policy.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { Hub } from '../../../deliver/hub.ts';
import type { CommandMessage } from '../schema.ts';
import type { CommandEngine } from './engine.ts';
import { Halts } from './halts.ts';
import { CommandOnce } from './once.ts';
import {
  type CommandOrder,
  type CommandOutcome,
  type CommandSender,
  type CommandSuccess,
  forbidCommand,
  maxIdLength,
  maxReasonLength,
  refuseCommand,
} from './order.ts';
import { Resumes } from './resume.ts';
import type { CommandWatch } from './watch.ts';

interface CommandsOptions {
  readonly engine: CommandEngine;
  /** Whether the source `state` is fresh now. */
  readonly isStateFresh: () => boolean;
  /** Who may command. */
  readonly commanding: Policy;
  /** Told of each command that the engine acknowledged. */
  readonly watch: Pick<CommandWatch, 'acked'>;
  /** Its sweeps pause while a HALT is under way. */
  readonly hub: Pick<Hub, 'standStill'>;
  /** The audit log. */
  readonly log: Log;
  readonly meter: Meter;
}

const overtaken =
  'it was carried out before, and a HALT after it; to resume again, give it another requestId';

/**
 * Operators' commands: who may give them, each once, serialised, and with a line in the audit log.
 *
 * ```
 *          at most 5 s    2 s            5 s, or 2 s from an unclear answer on
 * RESUME ── waiting ──> connecting ──> sent ──> answered, or shown done by the state
 *             │             │            │
 *   a HALT:   └─ SUPERSEDED, not sent    └─ SUPERSEDED; the HALT is repeated until this cannot take effect any more
 *
 *          2 s                                            10 s
 * HALT ──── sent ──> answered, or shown done ── or failed ──> answered late
 *            │
 *            └─ further HALTs join; with those whose time is not up it is sent again
 * ```
 *
 * RESUMEs wait for each other and for every HALT; a HALT waits for nothing. A HALT has its outcome within 2 s, and
 * within 4 s where it joined another that failed; a RESUME within 14 s.
 */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #once: CommandOnce;
  readonly #resumes: Resumes;
  readonly #halts: Halts;
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: CommandsOptions) {
    const { engine, isStateFresh, log } = options;
    const onAcked = (order: CommandOrder, success: CommandSuccess): void => this.#acked(order, success);
    this.#options = options;
    this.#once = new CommandOnce(engine.clock, engine.polls);
    this.#resumes = new Resumes({
      ...{ engine, isStateFresh, onAcked },
      isBlocked: () => this.#halts.isSending,
      onSent: () => this.#halts.release(),
      onCancelledEnd: () => this.#halts.repeatNow(),
    });
    this.#halts = new Halts({ engine, log, onAcked, resumes: this.#resumes });
  }

  run(message: CommandMessage, sender: CommandSender): Promise<CommandOutcome> {
    const outcome = this.#run({ ...message, sender });
    const end = (): void => void this.#underWay.delete(outcome);
    this.#underWay.add(outcome);
    outcome.then(end, end);
    return outcome;
  }

  /**
   * Refuses what comes later, ends the RESUMEs, and brings the HALTs under way to their outcome, which takes no longer
   * than `withinMs`. Resolves when each sender has been answered.
   */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    this.#resumes.close();
    await this.#halts.close(withinMs);
    await Promise.allSettled(this.#underWay);
  }

  async #run(order: CommandOrder): Promise<CommandOutcome> {
    const { commanding, engine } = this.#options;
    const startedAt = engine.clock.monotonic();
    const forbidden = refusal(order.sender.principal, commanding);
    if (forbidden !== undefined) return this.#settled(order, forbidCommand(forbidden), startedAt);
    const repetition = this.#once.repetition(order);
    if (repetition === 'overtaken') {
      return this.#settled(order, refuseCommand('SUPERSEDED', overtaken), startedAt);
    }
    if (repetition !== undefined) {
      const outcome = await repetition;
      this.#audit(order, outcome, startedAt, true);
      return outcome;
    }
    const outcome = this.#carryOut(order, startedAt);
    this.#once.note(order, outcome);
    return await outcome;
  }

  #carryOut(order: CommandOrder, startedAt: number): Promise<CommandOutcome> {
    return new Promise((resolve) => {
      const settle = (outcome: CommandOutcome): void => resolve(this.#settled(order, outcome, startedAt));
      if (this.#isClosed) {
        settle(refuseCommand('ENGINE_UNREACHABLE', 'the gateway is closing; nothing was sent'));
      } else if (order.type === 'RESUME') {
        this.#resumes.give({ order, settle });
      } else {
        const goOn = this.#options.hub.standStill();
        this.#halts.give({
          order,
          settle(outcome) {
            settle(outcome);
            goOn();
          },
        });
      }
    });
  }

  /** Counts and logs the outcome of a command that was carried out or refused. */
  #settled(order: CommandOrder, outcome: CommandOutcome, startedAt: number): CommandOutcome {
    if (!outcome.ok) {
      const labels = { edge: 'command', reason: outcome.code.toLowerCase() };
      this.#options.meter.count('bff_rejected_total', labels);
    }
    this.#audit(order, outcome, startedAt);
    return outcome;
  }

  /** The engine acknowledged it: the state is polled at once, and watched for some time. */
  #acked(order: CommandOrder, { isBegun }: CommandSuccess): void {
    const { engine, watch, log } = this.#options;
    try {
      watch.acked(order, isBegun);
      engine.polls.poll();
    } catch (error) {
      log.error({ error: errorMessage(error) }, 'following a command up failed');
    }
  }

  /**
   * The one line that each command leaves behind, also a command that was refused before anything was sent. What
   * others chose is bounded, and of the sender's token there is the subject only.
   */
  #audit(order: CommandOrder, outcome: CommandOutcome, startedAt: number, isRepetition = false): void {
    const { type, reason, requestId, sender } = order;
    const { engine, log } = this.#options;
    log.info(
      {
        audit: true,
        command: type,
        connection_id: sender.connectionId,
        transport: sender.transport,
        address: sender.principal.address,
        subject: sender.principal.subject?.slice(0, maxIdLength),
        request_id: requestId?.slice(0, maxIdLength),
        reason: reason?.slice(0, maxReasonLength),
        outcome: outcome.ok ? 'ACK' : outcome.code,
        ...(outcome.ok ? {} : { detail: outcome.message, effect: outcome.effect }),
        duration_ms: Math.round(engine.clock.monotonic() - startedAt),
        ...(isRepetition ? { repetition: true } : {}),
      },
      'operator command',
    );
  }
}
