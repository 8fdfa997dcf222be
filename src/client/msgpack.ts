import { Unpackr } from 'msgpackr/unpack';
import type { Codec } from './types.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** Reads the gateway's MessagePack: `createTelemetryClient({ url, encoding: 'msgpack', codec: msgpack })`. */
export const msgpack: Codec = {
  encoding: 'msgpack',
  decode: (bytes) => unpackr.unpack(bytes),
};
