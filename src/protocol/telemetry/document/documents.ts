import type { JsonObject } from '../../../core/json.ts';
import { Bound, type Lease, Registry } from '../../../feed/registry.ts';
import type { TelemetrySettings } from '../settings.ts';
import { symbolOf } from './aggregate.ts';
import { createEngineDocument, type EngineDocument } from './engine-document.ts';
import { EventIntake } from './event-intake.ts';
import type { DocumentDependencies, TelemetryDocument } from './merged-document.ts';
import { createSymbolDocument, type SymbolDocument } from './symbol-document.ts';

/** How long the document of a symbol outlives its last viewer, with its history and its epoch. */
const symbolLingerMs = 30_000;

/** The engine's document, and those of the symbols that somebody looks at. */
export interface Documents {
  readonly engine: EngineDocument;
  /** Undefined where `MAX_SYMBOLS` are in use. */
  acquire(symbol: string, holder?: string): Lease<SymbolDocument> | undefined;
  /** Takes an event from outside, to every document that it is about. */
  onEvent(message: Buffer): void;
  /** Polls the state of every document out of turn. */
  pollStates(): void;
  close(): void;
}

export function createDocuments(settings: TelemetrySettings, dependencies: DocumentDependencies): Documents {
  const { clock, log, meter } = dependencies;
  const intake = new EventIntake({ clock, log, meter });
  const engine = createEngineDocument(settings, dependencies);
  const open = new Map<string, SymbolDocument>();
  const registry: Registry<string, SymbolDocument> = new Registry({
    clock,
    key: (symbol) => symbol,
    open(symbol) {
      const document = createSymbolDocument(symbol, engine, settings, dependencies);
      open.set(symbol, document);
      return document;
    },
    rest: (document) => document.rest(),
    wake: (document) => document.wake(),
    close(document) {
      open.delete(document.symbol ?? '');
      document.close();
    },
    lingerMs: symbolLingerMs,
    bound: new Bound(settings.MAX_SYMBOLS),
  });

  return {
    engine,
    acquire: (symbol, holder) => registry.acquire(symbol, holder),
    onEvent(message) {
      const receivedAt = clock.monotonic();
      const event = intake.read(message);
      if (event === undefined) return;
      const symbol = symbolOf(event);
      const isEngines = symbol === undefined || engine.symbol === undefined || engine.symbol === symbol;
      const ofSymbol = symbol === undefined ? undefined : open.get(symbol);
      const apply = (document: TelemetryDocument, part: JsonObject): void => {
        if (!document.applyEvent(part, receivedAt, message.length))
          intake.refuse('document_full', 'the document is full');
      };
      const stateOnly = ofSymbol === undefined ? undefined : engine.ownership.ownPart('state', event);
      // Once for an event of which anything is lost: what a symbol's document shares, no event about it can say.
      if (!isEngines && stateOnly !== event) intake.refuse('other_symbol', symbol ?? '');
      if (isEngines) apply(engine, event);
      if (ofSymbol !== undefined && stateOnly !== undefined) apply(ofSymbol, stateOnly);
    },
    pollStates() {
      engine.pollState();
      for (const document of open.values()) document.pollState();
    },
    close() {
      registry.close();
      engine.close();
    },
  };
}
