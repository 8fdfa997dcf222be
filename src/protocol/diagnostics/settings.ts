import { defineSettings } from '../../config/dialect-settings.ts';

/** It goes by settings of the core alone. */
export const diagnosticsSettings = defineSettings({ name: 'diagnostics', settings: {} });
