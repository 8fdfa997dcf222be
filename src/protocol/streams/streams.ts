import { errorMessage } from '../../core/errors.ts';
import { defineDialect } from '../dialect.ts';
import { streamEndpoints } from './endpoints.ts';
import { requireFolder } from './file-tail/open.ts';
import { createSharedInstances } from './instance/shared-instances.ts';
import { createLogViews } from './log/log-views.ts';
import { createMessageViews } from './message/message-views.ts';
import { serveRestTwins } from './rest-twins.ts';
import { streamsSettings } from './settings.ts';
import { dialect } from './stream-client.ts';

/** The streams dialect: instances, their logs, and the messages between them. */
export const streams = defineDialect({
  ...streamsSettings,
  create(context, { POLL_TIMEOUT_MS: pollTimeoutMs, INSTANCE_LOG_DIR: directory }) {
    const { access, serve, events, engine, clock, log } = context;
    const instances = createSharedInstances({ ...context, pollTimeoutMs });
    const messages = createMessageViews(context);
    const logs = directory === undefined ? undefined : createLogViews({ ...context, directory });
    events.subscribe('instance_events', instances.onEvent);
    events.subscribe('message_events', messages.onEvent);
    const viewing = access.policies.viewing(dialect);
    const endpoints = streamEndpoints({ instances, messages, logs, viewing, log });
    serve.webSocket('/ws/instances', endpoints.instances);
    serve.webSocket('/ws/instances/:name/logs', endpoints.logs);
    serve.webSocket('/ws/messages', endpoints.messages);
    serveRestTwins({ serve, viewing, engine, clock, log });

    // Its sources start with the first client that needs them: only what will fail then is said now.
    if (directory !== undefined) {
      requireFolder(directory).catch((error: unknown) =>
        log.warn(
          { setting: 'INSTANCE_LOG_DIR', directory, error: errorMessage(error) },
          'no logs of instances',
        ),
      );
    }

    return {
      onReconnected: instances.onReconnected,
      close: () => instances.close(),
    };
  },
});
