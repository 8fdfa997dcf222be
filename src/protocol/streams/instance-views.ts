import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { createEventRendition } from '../../encode/event-rendition.ts';
import type { Packet } from '../../encode/rendition.ts';
import type { InstanceChange } from './instance-change.ts';
import type { Instances } from './instances.ts';
import { type ServerFrame, sharedPacket, toPacket } from './packets.ts';
import { dialect, maxBehind } from './sessions.ts';

/** One way of seeing the instances: with the archived ones, or without them. */
export interface InstanceView {
  readonly channel: Channel;
  snapshot(): Packet;
}

export interface InstanceViews {
  of(includeArchived: boolean): InstanceView;
  close(): void;
}

export function createInstanceViews(instances: Instances, hub: Hub): InstanceViews {
  const open = (includeArchived: boolean): InstanceView => {
    const snapshotFrame = (): ServerFrame => ({
      type: 'snapshot',
      instances: instances.list(includeArchived),
      include_archived: includeArchived,
    });
    const snapshot = sharedPacket(() => instances.version, snapshotFrame);
    const other = includeArchived ? 'hidesArchived' : 'showsArchived';
    const rendition = createEventRendition<InstanceChange>({
      dialect,
      feed: instances.feed,
      shows: ({ audience }) => audience !== other,
      bySnapshot: ({ delta }) => delta === undefined,
      render: ([change]) => toPacket(change?.delta ?? snapshotFrame()),
      snapshot,
      maxBehind,
      beyond: 'snapshot',
    });
    const channel = new Channel(rendition);
    hub.open(channel);
    return { channel, snapshot };
  };
  const [without, withArchived] = [open(false), open(true)];
  return {
    of: (includeArchived) => (includeArchived ? withArchived : without),
    close() {
      hub.close(without.channel);
      hub.close(withArchived.channel);
    },
  };
}
