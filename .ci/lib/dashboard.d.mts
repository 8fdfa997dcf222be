/** Builds dist/dashboard/ where it does not match the sources, for tests that run src/ as it is. */
export function ensureDashboard(): Promise<void>;
