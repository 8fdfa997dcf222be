import type { Views, ViewsOfKind } from '../../../deliver/views.ts';
import { EventRendition } from '../../../encode/event-rendition.ts';
import type { ServerPacket } from '../packets.ts';
import { dialect, maxBehind } from '../stream-client.ts';
import type { InstanceChange } from './instance-change.ts';
import type { Instances } from './instances.ts';

/** The two ways of seeing the instances. */
export type Archived = 'shown' | 'hidden';

export type InstanceViews = ViewsOfKind<Archived, EventRendition<InstanceChange>>;

export function createInstanceViews(instances: Instances, views: Views): InstanceViews {
  const make = (archived: Archived): EventRendition<InstanceChange> => {
    const snapshot = (): ServerPacket => ({
      type: 'snapshot',
      instances: instances.list(archived === 'shown'),
      include_archived: archived === 'shown',
    });
    const other = archived === 'shown' ? 'hidesArchived' : 'showsArchived';
    return new EventRendition<InstanceChange>({
      dialect,
      feed: instances.feed,
      shows: ({ audience }) => audience !== other,
      bySnapshot: ({ delta }) => delta === undefined,
      render: ([{ delta }]) => delta ?? snapshot(),
      snapshot,
      snapshotVersion: () => instances.version,
      maxBehind,
      beyond: 'snapshot',
    });
  };
  return views.ofKind({ key: (archived) => archived, make, isFixed: true });
}
