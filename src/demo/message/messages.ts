import { isoTime } from '../../core/clock.ts';
import type { Instances } from '../instance/instances.ts';
import type { Part, PartOptions } from '../part.ts';
import { createRandom } from '../random.ts';
import { uuid } from '../random-id.ts';
import { createRoutine } from '../routine.ts';
import type { Message, MessageStatus } from './message.ts';
import { type MessageKind, writeMessage } from './message-text.ts';

export interface MessageFilter {
  /** Sender or receiver. */
  instance: string | undefined;
  correlationId: string | undefined;
}

/** What the agents say to each other; each change of a message is published on `message_events`. */
export interface Messages extends Part {
  /** Newest first, at most so many. */
  list(filter: MessageFilter, limit: number): Message[];
  find(id: string): Message | undefined;
}

export const maxMessages = 500;
const maxOpen = 12;
const meanMs = 1500;

/**
 * A running agent hands a task to another; what is acknowledged may be answered or handed on, in the same chain.
 * A message to an agent that does not run fails.
 */
export function createMessages({ instances, ...options }: PartOptions & { instances: Instances }): Messages {
  const { clock, emit } = options;
  const random = createRandom(options.seed, 'messages');
  const messages = new Map<string, Message>();

  function send(kind: MessageKind, from: string, to: string, correlationId: string): void {
    const now = isoTime(clock.now());
    const message: Message = {
      message_id: uuid(random),
      correlation_id: correlationId,
      from,
      to,
      status: 'sent',
      detail: null,
      created_at: now,
      updated_at: now,
      ...writeMessage(kind, random),
    };
    messages.set(message.message_id, message);
    const [oldest] = messages.keys();
    if (messages.size > maxMessages && oldest !== undefined) messages.delete(oldest);
    publish(message);
  }

  /** With all that is private: what listens must take out only what it may show. */
  function publish(message: Message): void {
    emit('message_events', { ...message, event: message.status, timestamp: message.updated_at });
  }

  function settle(message: Message, status: MessageStatus, detail: string | null = null): void {
    message.status = status;
    message.detail = detail;
    message.updated_at = isoTime(clock.now());
    publish(message);
  }

  function advance(message: Message): void {
    const receiver = instances.find(message.to);
    if (receiver?.status !== 'running') {
      settle(message, 'failed', `${message.to} is ${receiver?.status ?? 'gone'}`);
    } else if (random.chance(0.04)) {
      settle(message, 'failed', random.pick(failures));
    } else if (message.status === 'sent') {
      settle(message, 'delivered');
    } else {
      settle(message, 'acknowledged');
      if (message.message_type === 'task.handoff') followUp(message);
    }
  }

  function followUp({ from, to, correlation_id }: Message): void {
    const dice = random.next();
    if (dice < 0.5) send('task.result', to, from, correlation_id);
    else if (dice < 0.8) handOff(to, correlation_id);
  }

  function handOff(from: string, correlationId: string): void {
    const others = running().filter((name) => name !== from);
    const to = others[random.below(others.length)];
    if (to !== undefined) send('task.handoff', from, to, correlationId);
  }

  function running(): string[] {
    return instances.list(false).flatMap(({ name, status }) => (status === 'running' ? [name] : []));
  }

  function act(): void {
    const open = [...messages.values()].filter(({ status }) => status === 'sent' || status === 'delivered');
    const senders = running();
    const sender = senders[random.below(senders.length)];
    const next = open[random.below(open.length)];
    const isNew = open.length < maxOpen && random.chance(0.3);
    if (next !== undefined && !isNew) advance(next);
    else if (sender !== undefined) handOff(sender, uuid(random));
  }

  return {
    ...createRoutine({ ...options, name: 'messages', meanMs: meanMs, act }),
    list: ({ instance, correlationId }, limit) =>
      [...messages.values()]
        .reverse()
        .filter(({ from, to }) => instance === undefined || from === instance || to === instance)
        .filter(({ correlation_id }) => correlationId === undefined || correlation_id === correlationId)
        .slice(0, limit)
        .map((message) => structuredClone(message)),
    find(id) {
      const message = messages.get(id);
      return message && structuredClone(message);
    },
  };
}

const failures: readonly [string, ...string[]] = [
  'no answer within 30 s',
  'inbox is full',
  'message type not accepted',
];
