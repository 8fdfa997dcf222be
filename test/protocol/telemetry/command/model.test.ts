import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  connectionFailure,
  readEngineAnswer,
  showsDone,
} from '../../../../src/protocol/telemetry/command/answer.ts';
import { Commands } from '../../../../src/protocol/telemetry/command/commands.ts';
import {
  Attempt,
  CommandEngine,
  type CommandRequest,
} from '../../../../src/protocol/telemetry/command/engine.ts';
import type { CommandOutcome, CommandType } from '../../../../src/protocol/telemetry/command/order.ts';
import { commanding } from '../../../support/access.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { createMemoryLog } from '../../../support/memory-log.ts';
import { createMemoryMeter } from '../../../support/memory-meter.ts';
import { scriptedPolls, trader } from './set-up.ts';

/** Time passes in steps of this, between which promises have their turn. */
const turnMs = 50;
/** Within how many ms each has its outcome, give or take a turn at each of its stages. */
const limitMs = { HALT: 4000 + 2 * turnMs, RESUME: 14_000 + 4 * turnMs } as const;

/** A command that was given, by its number. Its number is its reason too, by which its requests are known. */
interface Given {
  readonly number: number;
  readonly type: CommandType;
  readonly at: number;
  /** When it was answered. */
  readonly told: number[];
}

/** An attempt whose connection and answer the steps decide. */
interface ScriptedAttempt {
  readonly request: CommandRequest;
  readonly of: Given;
  sentAt: number | undefined;
  connect(): void;
  drop(): void;
  end(outcome: CommandOutcome): void;
}

const pick = fc.nat(3);
const answers = [
  ...([200, 202, 403, 429, 500, 503, 302] as const).map((status) => ({ status, body: '' })),
  ...['HALT', 'ACTIVE', 'ACCEPTED', 'QUEUED', 'ERROR', 'offline'].map((status) => ({
    status: 200,
    body: JSON.stringify({ status }),
  })),
];
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('give'), type: fc.constantFrom('HALT', 'RESUME') }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('connect', 'connect', 'connect', 'drop'), pick }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('answer'), pick, answer: fc.constantFrom(...answers) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('poll'),
      status: fc.constantFrom('ACTIVE', 'HALT', 'DRAINING'),
      ageMs: fc.constantFrom(0, 0, 600),
    }),
  },
  fc.record({ kind: fc.constant('fresh'), isFresh: fc.boolean() }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('time'),
      ms: fc.constantFrom(50, 100, 250, 500, 1000, 2000, 5000, 30_000),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Commands before an engine that answers when a step says so, and the rules that they owe at each step. */
class Model {
  readonly given: Given[] = [];
  /** Rules that were broken. */
  readonly faults: string[] = [];
  readonly #clock = createManualClock();
  readonly #polls = scriptedPolls(this.#clock);
  readonly #answered: { readonly status: string; readonly startedAt: number }[] = [];
  readonly #open: ScriptedAttempt[] = [];
  readonly #sent: ScriptedAttempt[] = [];
  /** When the engine last said yes to each, as the number of commands given by then. */
  readonly #yes: Partial<Record<CommandType, number>> = {};
  #isFresh = true;
  readonly commands: Commands;

  constructor() {
    const engine = new CommandEngine({
      url: 'http://engine.example',
      clock: this.#clock,
      polls: this.#polls,
    });
    engine.send = (request, permit) => this.#attempt(request, permit);
    this.commands = new Commands({
      engine,
      isStateFresh: () => this.#isFresh,
      commanding,
      watch: { acked: () => {} },
      hub: { standStill: () => () => {} },
      log: createMemoryLog(),
      meter: createMemoryMeter(),
    });
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'give':
        this.#give(step.type);
        break;
      case 'connect':
        this.#pick(step.pick)?.connect();
        break;
      case 'drop':
        this.#pick(step.pick)?.drop();
        break;
      case 'answer':
        this.#answer(this.#pick(step.pick), step.answer);
        break;
      case 'poll': {
        const startedAt = Math.max(0, this.#clock.monotonic() - step.ageMs);
        this.#answered.push({ status: step.status, startedAt });
        this.#polls.answer(step.status, startedAt);
        break;
      }
      case 'fresh':
        this.#isFresh = step.isFresh;
        break;
      case 'time':
        for (let passedMs = 0; passedMs < step.ms; passedMs += turnMs) {
          this.#clock.advance(turnMs);
          await settled();
        }
        break;
    }
    await settled();
  }

  #give(type: CommandType): void {
    const given: Given = { number: this.given.length, type, at: this.#clock.monotonic(), told: [] };
    this.given.push(given);
    void this.commands.run({ type, reason: `${given.number}` }, trader).then((outcome) => {
      given.told.push(this.#clock.monotonic());
      if (outcome.ok) this.#expectEvidence(given);
    });
  }

  #pick(index: number): ScriptedAttempt | undefined {
    return this.#open[index % Math.max(1, this.#open.length)];
  }

  #answer(attempt: ScriptedAttempt | undefined, { status, body }: (typeof answers)[number]): void {
    if (attempt?.sentAt === undefined) return;
    const outcome = readEngineAnswer(attempt.request.type, status, body);
    if (outcome.ok) this.#yes[attempt.request.type] = this.given.length;
    attempt.end(outcome);
  }

  #attempt(request: CommandRequest, permit: () => boolean): Attempt {
    let tell: (outcome: CommandOutcome) => void = () => {};
    const answer = new Promise<CommandOutcome>((resolve) => {
      tell = resolve;
    });
    const of = this.given[Number(request.reason)];
    if (of === undefined) throw new Error('an attempt at what nobody ordered');
    const attempt: ScriptedAttempt = {
      request,
      of,
      sentAt: undefined,
      connect: () => {
        if (attempt.sentAt !== undefined) return;
        if (permit()) {
          attempt.sentAt = this.#clock.monotonic();
          this.#expectInOrder(attempt);
          this.#sent.push(attempt);
        } else attempt.drop();
      },
      drop: () => attempt.end(connectionFailure('ECONNRESET', attempt.sentAt !== undefined)),
      end: (outcome) => {
        const index = this.#open.indexOf(attempt);
        if (index >= 0) this.#open.splice(index, 1);
        tell(outcome);
      },
    };
    this.#open.push(attempt);
    return Object.create(Attempt.prototype, {
      answer: { value: answer },
      isSent: { get: () => attempt.sentAt !== undefined },
      abort: { value: attempt.drop },
    });
  }

  #owe(rule: string, isKept: boolean): void {
    if (!isKept) this.faults.push(rule);
  }

  /** A request reaches the engine. */
  #expectInOrder({ request, of }: ScriptedAttempt): void {
    const resumes = this.#sent.filter((sent) => sent.request.type === 'RESUME');
    if (request.type === 'HALT') {
      const isNewest = resumes.every((resume) => resume.of.number < of.number);
      this.#owe('no HALT is sent after a newer RESUME', isNewest);
      return;
    }
    const halts = this.given.filter(({ type }) => type === 'HALT');
    const areBefore = halts.every(({ number, told }) => number < of.number && told.length > 0);
    this.#owe('a RESUME is sent after every HALT that was given, and after its outcome', areBefore);
    this.#owe('a RESUME is sent while the state is fresh', this.#isFresh);
    this.#owe('a RESUME is sent once', !resumes.some((resume) => resume.request.key === request.key));
  }

  /** The engine said yes since it was given, or the newest poll begun after it was sent shows it done. */
  #expectEvidence({ type, number }: Given): void {
    const sent = this.#sent.filter(({ request }) => request.type === type);
    const isShown = sent.some(({ sentAt = Number.POSITIVE_INFINITY }) =>
      showsDone(type, this.#answered.findLast(({ startedAt }) => startedAt >= sentAt)?.status),
    );
    this.#owe("an ACK has the engine's yes or its state", (this.#yes[type] ?? 0) > number || isShown);
  }
}

/** Every promise that can be settled is. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('Commands in any order, before an engine that may do anything', () => {
  it('are answered once and in time, are acknowledged only with evidence, and never overtake a newer one', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const model = new Model();
        for (const next of taken) await model.take(next);
        await model.commands.close(0);
        await settled();
        expect(model.faults).toEqual([]);
        for (const { type, at, told } of model.given) {
          expect(told).toHaveLength(1);
          for (const toldAt of told) expect(toldAt - at).toBeLessThanOrEqual(limitMs[type]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
