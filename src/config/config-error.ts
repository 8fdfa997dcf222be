/** Lists every fault of the settings, one per line, naming its key. */
export class ConfigError extends Error {
  /** The `EX_CONFIG` of sysexits.h. */
  static readonly exitCode = 78;
  readonly exitCode = ConfigError.exitCode;
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `telemetry-bff cannot start: ${faults.length === 1 ? 'a setting is' : 'settings are'} not valid\n${faults
        .map((fault) => `  ${fault}`)
        .join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}
