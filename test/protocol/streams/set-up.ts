import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { type KeepaliveLimits, keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { SharedInstances } from '../../../src/protocol/streams/instance/shared-instances.ts';
import type { LogRequest } from '../../../src/protocol/streams/log/log-client.ts';
import type { LogViews } from '../../../src/protocol/streams/log/log-views.ts';
import { type MessageFilter, MessageStream } from '../../../src/protocol/streams/messages.ts';
import { streamEndpoints } from '../../../src/protocol/streams/streams.ts';
import type { Endpoint } from '../../../src/serve/endpoint.ts';
import type { Engine } from '../../../src/source/engine.ts';
import { PollFailure } from '../../../src/source/poll-failure.ts';
import { viewing } from '../../support/access.ts';
import { createTestContext } from '../../support/context.ts';
import { serviceOf } from '../../support/conversation.ts';
import type { FakeTransport } from '../../support/fake-transport.ts';
import { anyone } from '../../support/principals.ts';
import { settled, type TestScope } from '../../support/wait.ts';

export const viewer = anyone;

/** A text is what is sent as it stands; anything else is written as JSON. */
const wordedAs = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A request for the instances that waits for its answer. */
export interface Request {
  readonly path: string;
  answer(body: JsonValue): Promise<void>;
  fail(): Promise<void>;
}

/** An engine whose answers the test gives, request by request. */
function createScriptedClient(): Pick<Engine, 'get'> & { readonly requests: Request[] } {
  const requests: Request[] = [];
  return {
    requests,
    get(path) {
      let settle = { resolve: (_body: string): void => {}, reject: (_error: PollFailure): void => {} };
      const body = new Promise<string>((resolve, reject) => {
        settle = { resolve, reject };
      });
      requests.push({
        path,
        answer(value) {
          settle.resolve(wordedAs(value));
          return settled();
        },
        fail() {
          settle.reject(new PollFailure('status', 'HTTP 500', { status: 500 }));
          return settled();
        },
      });
      return body;
    },
  };
}

/** The streams over transports that a test blocks and drains, at a time that it moves. */
export function setUpStreams(test: TestScope, limits: Partial<KeepaliveLimits> = {}) {
  const context = createTestContext({ maxViews: 3 });
  const { clock, log, meter, sessions, feeds, board, views } = context;
  const client = createScriptedClient();
  const dependencies = { clock, log, meter };
  const options = { ...dependencies, feeds, engine: client, board, pollTimeoutMs: 60_000 };
  const instances = new SharedInstances(options, views);
  const messages = new MessageStream(feeds, views, dependencies);
  test.onTestFinished(() => instances.close());

  const transports: FakeTransport[] = [];
  const endpointsWith = (logs?: LogViews) => streamEndpoints({ instances, messages, logs, viewing, log });
  const connect = (endpoint: Endpoint, ...visit: Parameters<ReturnType<typeof serviceOf>['connect']>) => {
    const keepalive = { ...keepaliveDefaults, ...limits };
    const client = serviceOf(endpoint, 'streams', { sessions, log, meter, keepalive }).connect(...visit);
    transports.push(client.transport);
    return client;
  };

  return {
    ...context,
    ...{ client, instances, messages, dependencies },
    endAll(): void {
      for (const transport of transports) transport.end();
    },
    connectInstances: (principal = viewer) => connect(endpointsWith().instances, '', principal),
    connectLog(
      { name, backlog, ansi = 'keep', holder }: Omit<LogRequest, 'ansi'> & Partial<LogRequest>,
      logs: LogViews | undefined,
    ) {
      const query = `backlog=${backlog}&ansi=${ansi}`;
      return connect(endpointsWith(logs).logs, query, { ...viewer, holder }, { params: { name } });
    },
    /** Undefined where it is sent away. */
    connectMessages({ instance, correlationId }: Partial<MessageFilter> = {}) {
      const query = new URLSearchParams({
        ...(instance === undefined ? {} : { instance }),
        ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
      });
      const client = connect(endpointsWith().messages, query.toString());
      return client.transport.closes.length > 0 ? undefined : client;
    },
    /** The engine answers what it is asked first. */
    answer: (body: JsonValue): Promise<void> => client.requests.shift()?.answer(body) ?? settled(),
    instanceEvent: (event: JsonValue) => instances.onEvent(Buffer.from(wordedAs(event))),
    messageEvent: (event: JsonValue) => messages.onEvent(Buffer.from(wordedAs(event))),
  };
}

/** An instance as an engine lists it. */
export function instance(name: string, more: JsonObject = {}): JsonObject {
  return { name, status: 'running', port: 18_801, pid: 7, archived_at: null, ...more };
}
