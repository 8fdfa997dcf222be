import { Hono } from 'hono';
import { type Routes, wholeNumber } from '../request.ts';
import { type Messages, maxMessages } from './messages.ts';

const defaultLimit = 100;

/** `/api/messages` and below: whole messages, newest first, with what is private in them. */
export function messageRoutes(messages: Messages): Routes {
  const routes: Routes = new Hono();
  return routes
    .get('/api/messages', (c) => {
      const filter = { instance: c.req.query('instance'), correlationId: c.req.query('correlation_id') };
      const list = messages.list(filter, wholeNumber(c, 'limit', maxMessages, defaultLimit));
      return c.json({ messages: list, count: list.length });
    })
    .get('/api/messages/:id', (c) => {
      const message = messages.find(c.req.param('id'));
      return message === undefined
        ? c.json({ error: 'message_not_found', message: 'no message with this id' }, 404)
        : c.json(message);
    });
}
