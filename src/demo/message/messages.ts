import { type Clock, isoTime } from '../../core/clock.ts';
import type { Instances } from '../instance/instances.ts';
import { type Emit, type Part, type PartOptions, routine } from '../part.ts';
import { Random } from '../random.ts';
import { type MessageKind, type MessageText, writeMessage } from './message-text.ts';

/** What has become of a message; `acknowledged` and `failed` are the end of it. */
type MessageStatus = 'sent' | 'delivered' | 'acknowledged' | 'failed';

/** A message as `GET /api/messages/:id` shows it: with all that must not go further. */
export interface Message extends MessageText {
  message_id: string;
  /** Shared by a message and all that followed from it. */
  correlation_id: string;
  from: string;
  to: string;
  status: MessageStatus;
  /** Why it failed; else null. */
  detail: string | null;
  /** ISO 8601. */
  created_at: string;
  /** ISO 8601. */
  updated_at: string;
}

interface MessageFilter {
  /** Sender or receiver. */
  instance?: string | undefined;
  correlationId?: string | undefined;
}

export const maxMessages = 500;
const maxOpen = 12;
const meanMs = 1500;

/**
 * What the agents say to each other: a running one hands a task to another; what is acknowledged may be answered or
 * handed on, in the same chain. A message to an agent that does not run fails. Each change of a message is published
 * on `message_events`.
 */
export class Messages {
  /** What they do by themselves. */
  readonly life: Part;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #random: Random;
  readonly #instances: Instances;
  readonly #messages = new Map<string, Message>();

  constructor(options: PartOptions, instances: Instances) {
    this.#clock = options.clock;
    this.#emit = options.emit;
    this.#random = new Random(options.seed, 'messages');
    this.#instances = instances;
    this.life = routine('messages', meanMs, options, () => this.#act());
  }

  /** Copies, newest first, at most so many. */
  list({ instance, correlationId }: MessageFilter, limit: number): Message[] {
    return [...this.#messages.values()]
      .reverse()
      .filter(({ from, to }) => instance === undefined || from === instance || to === instance)
      .filter(({ correlation_id }) => correlationId === undefined || correlation_id === correlationId)
      .slice(0, limit)
      .map((message) => structuredClone(message));
  }

  /** A copy. */
  find(id: string): Message | undefined {
    const message = this.#messages.get(id);
    return message && structuredClone(message);
  }

  #act(): void {
    const random = this.#random;
    const open = [...this.#messages.values()].filter(
      ({ status }) => status === 'sent' || status === 'delivered',
    );
    const senders = this.#running();
    const sender = senders[random.below(senders.length)];
    const next = open[random.below(open.length)];
    const isNew = open.length < maxOpen && random.chance(0.3);
    if (next !== undefined && !isNew) this.#advance(next);
    else if (sender !== undefined) this.#handOff(sender, random.uuid());
  }

  #advance(message: Message): void {
    const receiver = this.#instances.find(message.to);
    if (receiver?.status !== 'running') {
      this.#settle(message, 'failed', `${message.to} is ${receiver?.status ?? 'gone'}`);
    } else if (this.#random.chance(0.04)) {
      this.#settle(message, 'failed', this.#random.pick(failures));
    } else if (message.status === 'sent') {
      this.#settle(message, 'delivered');
    } else {
      this.#settle(message, 'acknowledged');
      if (message.message_type === 'task.handoff') this.#followUp(message);
    }
  }

  #followUp({ from, to, correlation_id }: Message): void {
    const dice = this.#random.next();
    if (dice < 0.5) this.#send('task.result', to, from, correlation_id);
    else if (dice < 0.8) this.#handOff(to, correlation_id);
  }

  #handOff(from: string, correlationId: string): void {
    const others = this.#running().filter((name) => name !== from);
    const to = others[this.#random.below(others.length)];
    if (to !== undefined) this.#send('task.handoff', from, to, correlationId);
  }

  #running(): string[] {
    return this.#instances.list(false).flatMap(({ name, status }) => (status === 'running' ? [name] : []));
  }

  #send(kind: MessageKind, from: string, to: string, correlationId: string): void {
    const now = isoTime(this.#clock.now());
    const message: Message = {
      message_id: this.#random.uuid(),
      correlation_id: correlationId,
      from,
      to,
      status: 'sent',
      detail: null,
      created_at: now,
      updated_at: now,
      ...writeMessage(kind, this.#random),
    };
    this.#messages.set(message.message_id, message);
    const [oldest] = this.#messages.keys();
    if (this.#messages.size > maxMessages && oldest !== undefined) this.#messages.delete(oldest);
    this.#publish(message);
  }

  #settle(message: Message, status: MessageStatus, detail: string | null = null): void {
    message.status = status;
    message.detail = detail;
    message.updated_at = isoTime(this.#clock.now());
    this.#publish(message);
  }

  /** With all that is private: what listens must take out only what it may show. */
  #publish(message: Message): void {
    this.#emit('message_events', { ...message, event: message.status, timestamp: message.updated_at });
  }
}

const failures: readonly [string, ...string[]] = [
  'no answer within 30 s',
  'inbox is full',
  'message type not accepted',
];
