import { Packr } from 'msgpackr';

/**
 * Plain MessagePack, which any decoder reads: msgpackr's record extension is off, and a map says its true size.
 */
const packr = new Packr({ useRecords: false, variableMapSize: true });

export function pack(value: unknown): Uint8Array {
  return packr.pack(value);
}
