export { createTelemetryClient } from './client.ts';
export type {
  Figures,
  GovernanceSection,
  HaltRemark,
  LogLine,
  MarketSection,
  PortfolioSection,
  SignalSection,
  Sources,
  TelemetryDocument,
} from './document.ts';
export type { KnownPath, Path, ValueAtPath } from './path.ts';
export { TelemetryError } from './telemetry-error.ts';
export type * from './types.ts';
