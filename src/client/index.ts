export { createTelemetryClient } from './client.ts';
export type {
  Figures,
  GovernanceSection,
  HaltRemark,
  KnownPath,
  LogLine,
  MarketSection,
  Path,
  PortfolioSection,
  SignalSection,
  Sources,
  TelemetryDocument,
  ValueAtPath,
} from './document.ts';
export { TelemetryError } from './telemetry-error.ts';
export type * from './types.ts';
