import { diagnosticsSettings } from './protocol/diagnostics/settings.ts';
import { streamsSettings } from './protocol/streams/settings.ts';
import { telemetrySettings } from './protocol/telemetry/settings.ts';

/** The dialects that are built in, in the order in which they are listed to people. */
export const dialects = [telemetrySettings, diagnosticsSettings, streamsSettings] as const;
