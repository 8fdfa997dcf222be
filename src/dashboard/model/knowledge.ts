import type { ConnectionStatus, TelemetryDocument } from '../../client/index.ts';

/** Whether what comes in is current: not where all that is left are the last known values. */
export function isConnected({ state }: Pick<ConnectionStatus, 'state'>): boolean {
  return state === 'live' || state === 'polling';
}

export function isSourceFresh({ sources }: TelemetryDocument, source: string): boolean {
  return sources?.[source]?.status === 'fresh';
}

/** Before the first good answer the document holds zeros, which say nothing. */
export function hasFigures(document: TelemetryDocument): boolean {
  return document.status !== 'INITIALIZING' || isSourceFresh(document, 'state');
}

/** A figure of the document, or null where it is not known. */
export function figure(document: TelemetryDocument, value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && hasFigures(document) ? value : null;
}

/** Sections of other sources than `state` are named like their source. */
export function sourceOf(section: string, { sources }: TelemetryDocument): string {
  return sources !== undefined && Object.hasOwn(sources, section) ? section : 'state';
}
