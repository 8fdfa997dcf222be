import { type Random, round } from '../random.ts';

/** What one agent says to another. */
export interface MessageText {
  message_type: string;
  /** Prose. Private. */
  content: string;
  /** Whatever the receiver needs for the task, its keys among it. Private. */
  payload: Record<string, unknown>;
  /** Private. */
  headers: Record<string, string>;
}

/**
 * Stands in every private text: a message that went where it must not go can be found by it.
 * It is in the content, the headers, and at several depths of the payload.
 */
export const privateMark = 'must-not-leak';

export type MessageKind = 'task.handoff' | 'task.result';

export function writeMessage(kind: MessageKind, random: Random): MessageText {
  const task = random.pick(tasks);
  const body =
    kind === 'task.handoff'
      ? { instructions: `${task} (${privateMark})`, deadline_s: 30 + random.below(600) }
      : { answer: `${task}: done (${privateMark})`, confidence: round(random.between(0.6, 1), 2) };
  return {
    message_type: kind,
    content: `${task}. The password of the archive is ${secret('pw', random)}.`,
    payload: {
      ...body,
      context: {
        customer: {
          email: `${random.hex(6)}@${privateMark}.example`,
          iban: `${privateMark}-${random.hex(16)}`,
        },
        tools: [{ name: 'sql.query', credentials: { api_key: secret('sk', random) } }],
      },
    },
    headers: { authorization: `Bearer ${secret('tok', random)}` },
  };
}

function secret(kind: string, random: Random): string {
  return `${kind}-${privateMark}-${random.hex(12)}`;
}

const tasks: readonly [string, ...string[]] = [
  'Summarise the three filings of this morning',
  'Check the hedge of the QQQ position against the limits',
  'Explain the gap between forecast and fill prices',
  'Collect the open questions of the compliance desk',
  'Reconcile the broker statement with the ledger',
];
