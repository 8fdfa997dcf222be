import type { Clock } from '../../core/clock.ts';
import type { Meter } from '../../core/meter.ts';
import { type Frame, textFrame } from '../../encode/frame.ts';
import { createStateRendition, type Rendition } from '../../encode/rendition.ts';
import type { Version } from '../../feed/history.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import type { Granted } from '../../wire/packet.ts';

/** The telemetry document as its clients see it: every text and frame made once a version. */
export interface TelemetryView {
  readonly rendition: Rendition;
  /** The newest document as JSON text. */
  documentText(): string;
  /** The first frame of a connection. */
  welcome(granted: Granted): Frame;
}

export const dialect = 'telemetry';

export function createTelemetryView(
  feed: StateFeed,
  { clock, meter }: { clock: Clock; meter: Meter },
): TelemetryView {
  let text = { seq: 0, json: '' };
  let welcomes = { seq: 0, frames: new Map<string, Frame>() };

  const documentText = (version: Version): string => {
    if (text.seq !== version.seq) text = { seq: version.seq, json: JSON.stringify(version.document) };
    return text.json;
  };

  return {
    rendition: createStateRendition({
      dialect,
      type: 'TELEMETRY',
      feed,
      clock,
      meter,
      render: (version) =>
        textFrame(`{"type":"TELEMETRY","seq":${version.seq},"data":${documentText(version)}}`),
    }),
    documentText: () => documentText(feed.current),
    welcome(granted) {
      const version = feed.current;
      if (welcomes.seq !== version.seq) welcomes = { seq: version.seq, frames: new Map() };
      const grantedText = JSON.stringify(granted);
      const known = welcomes.frames.get(grantedText);
      if (known !== undefined) return known;
      const { seq } = version;
      const frame = textFrame(
        `{"type":"WELCOME","seq":${seq},"epoch":"${feed.epoch}","granted":${grantedText},"data":${documentText(version)}}`,
      );
      welcomes.frames.set(grantedText, frame);
      return frame;
    },
  };
}
