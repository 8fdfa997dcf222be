import { wholeNumber } from '../query.ts';
import { json } from '../reply.ts';
import type { RouteTable } from '../route.ts';
import { type Messages, maxMessages } from './messages.ts';

const defaultLimit = 100;

/** `/api/messages` and below: whole messages, newest first, with what is private in them. */
export function messageRoutes(messages: Messages): RouteTable {
  return {
    '/api/messages': {
      GET({ query }) {
        const limit = wholeNumber(query, 'limit', { max: maxMessages, fallback: defaultLimit });
        if (!limit.ok) return limit.refusal;
        const filter = {
          instance: query.get('instance') ?? undefined,
          correlationId: query.get('correlation_id') ?? undefined,
        };
        const list = messages.list(filter, limit.value);
        return json(200, { messages: list, count: list.length });
      },
    },
    '/api/messages/:name': {
      GET({ name }) {
        const message = messages.find(name);
        return message === undefined
          ? json(404, { error: 'message_not_found', message: 'no message with this id' })
          : json(200, message);
      },
    },
  };
}
