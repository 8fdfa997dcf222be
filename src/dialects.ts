import { diagnostics } from './protocol/diagnostics/diagnostics.ts';
import { metrics } from './protocol/metrics/metrics.ts';
import { streams } from './protocol/streams/streams.ts';
import { telemetry } from './protocol/telemetry/telemetry.ts';

/** The dialects that are built in, in the order in which they are listed to people. */
export const dialects = [telemetry, diagnostics, streams, metrics] as const;
