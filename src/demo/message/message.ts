/** What has become of a message; `acknowledged` and `failed` are the end of it. */
export type MessageStatus = 'sent' | 'delivered' | 'acknowledged' | 'failed';

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
