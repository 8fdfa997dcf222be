import { z } from 'zod';
import { defineSettings } from '../../config/dialect-settings.ts';

export const streamsSettings = defineSettings({
  name: 'streams',
  settings: {
    /** Folder of `<name>.log` of each instance. Default: none, and no logs are served. */
    INSTANCE_LOG_DIR: z.string().min(1).optional(),
  },
});
