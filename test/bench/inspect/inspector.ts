import { once } from 'node:events';
import { WebSocket } from 'ws';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { freePort } from '../../support/free-port.ts';
import { type Resource, within } from '../../support/wait.ts';
import { countHeap, type HeapCensus } from './heap-census.ts';

/** A look into a Node process that was started for it, by its inspector (the Chrome DevTools protocol). */
export interface Inspector extends Resource {
  collectGarbage(): Promise<void>;
  /** Bytes that its objects take: in V8's heap, and outside of it for them (buffers). */
  usedBytes(): Promise<number>;
  /** The value of an expression in the process; it must be one that JSON can carry. */
  evaluate(expression: string): Promise<unknown>;
  /** Listeners of all event emitters in the heap together. */
  countListeners(): Promise<number>;
  /** How many objects of each class the heap holds, after a collection. */
  census(): Promise<HeapCensus>;
}

/** Where a process that is about to start will be looked into. */
export interface InspectorSlot {
  /** For the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  connect(): Promise<Inspector>;
}

/** A snapshot of a large heap takes its time, and the process does nothing else meanwhile. */
const answerTimeoutMs = 120_000;

const emitters = 'emitters';
/** Prototypes are among the emitters found, and have nothing to listen to. */
const sumOfListeners = `function () {
  return this.filter(({ _events }) => _events).reduce((sum, emitter) => {
    const names = emitter.eventNames();
    return names.reduce((all, name) => all + emitter.listenerCount(name), sum);
  }, 0);
}`;

export async function reserveInspector(): Promise<InspectorSlot> {
  const port = await freePort();
  return {
    // Published over HTTP only: else Node prints it, too.
    env: { NODE_OPTIONS: `--inspect=127.0.0.1:${port} --inspect-publish-uid=http` },
    async connect() {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const targets: unknown = await response.json();
      const [target]: unknown[] = Array.isArray(targets) ? targets : [];
      if (!isJsonObject(target) || typeof target.webSocketDebuggerUrl !== 'string') {
        throw new Error('the process has no inspector');
      }
      // A snapshot comes in messages without bound.
      const socket = new WebSocket(target.webSocketDebuggerUrl, { maxPayload: 0, perMessageDeflate: false });
      await within('the inspector', once(socket, 'open'));
      return inspectorOn(socket);
    },
  };
}

function inspectorOn(socket: WebSocket): Inspector {
  const waiting = new Map<number, { resolve(result: JsonObject): void; reject(error: Error): void }>();
  let snapshot: string[] = [];
  let calls = 0;
  socket.on('message', (data) => {
    const message: unknown = JSON.parse(String(data));
    if (!isJsonObject(message)) return;
    const { id, method, params, result, error } = message;
    if (method === 'HeapProfiler.addHeapSnapshotChunk' && isJsonObject(params)) {
      snapshot.push(String(params.chunk));
    }
    if (typeof id !== 'number') return;
    const call = waiting.get(id);
    waiting.delete(id);
    if (isJsonObject(result) && result.exceptionDetails === undefined) call?.resolve(result);
    else call?.reject(new Error(`the inspector: ${JSON.stringify(error ?? result)}`));
  });
  const call = (method: string, params: JsonObject = {}): Promise<JsonObject> => {
    calls += 1;
    const id = calls;
    const answered = new Promise<JsonObject>((resolve, reject) => waiting.set(id, { resolve, reject }));
    socket.send(JSON.stringify({ id, method, params }));
    return within(method, answered, answerTimeoutMs);
  };
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = await call('Runtime.evaluate', { expression, returnByValue: true });
    return isJsonObject(result) ? result.value : undefined;
  };
  return {
    collectGarbage: async () => void (await call('HeapProfiler.collectGarbage')),
    // Of `Runtime.getHeapUsage`, only newer versions of Node tell what is outside of the heap.
    async usedBytes() {
      const usage = await evaluate('process.memoryUsage()');
      return isJsonObject(usage) ? Number(usage.heapUsed) + Number(usage.external) : Number.NaN;
    },
    evaluate,
    async countListeners() {
      const { result: prototype } = await call('Runtime.evaluate', {
        expression: "process.getBuiltinModule('node:events').EventEmitter.prototype",
      });
      const { objects } = await call('Runtime.queryObjects', {
        prototypeObjectId: objectId(prototype),
        objectGroup: emitters,
      });
      const { result } = await call('Runtime.callFunctionOn', {
        objectId: objectId(objects),
        functionDeclaration: sumOfListeners,
        returnByValue: true,
      });
      // Else the inspector would keep all of them alive.
      await call('Runtime.releaseObjectGroup', { objectGroup: emitters });
      return isJsonObject(result) ? Number(result.value) : Number.NaN;
    },
    async census() {
      snapshot = [];
      await call('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
      const text = snapshot.join('');
      snapshot = [];
      return countHeap(JSON.parse(text));
    },
    stop: () => socket.terminate(),
  };
}

function objectId(remote: unknown): string {
  if (!isJsonObject(remote) || typeof remote.objectId !== 'string') throw new Error('no such object');
  return remote.objectId;
}
