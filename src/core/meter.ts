/** Every metric of the gateway. No label holds anything that a client chose. */
export const metricTable = {
  bff_clients: { type: 'gauge', help: 'Connected clients', labels: ['dialect'] },
  bff_connections_total: { type: 'counter', help: 'Connections accepted', labels: ['dialect'] },
  bff_packets_total: { type: 'counter', help: 'Packets sent to clients', labels: ['dialect', 'type'] },
  bff_bytes_total: {
    type: 'counter',
    help: 'Bytes of packets sent to clients, framing included',
    labels: ['dialect'],
  },
  bff_skipped_total: {
    type: 'counter',
    help: 'Updates that a client which was not writable did not get',
    labels: ['dialect'],
  },
  bff_dropped_total: {
    type: 'counter',
    help: 'Events that a client too far behind was not sent',
    labels: ['dialect'],
  },
  bff_send_failures_total: { type: 'counter', help: 'Sockets that failed while in use', labels: ['dialect'] },
  bff_encode_seconds: {
    type: 'histogram',
    help: 'Time to render and frame one update of one rendition',
    labels: [],
  },
  bff_fanout_seconds: { type: 'histogram', help: 'Time to hand one update to all its sessions', labels: [] },
  bff_events_total: {
    type: 'counter',
    help: 'Events received, whether or not anybody is there to see them',
    labels: ['channel'],
  },
  bff_event_latency_seconds: {
    type: 'histogram',
    help: 'Event received to last write of the update that carries it',
    labels: [],
  },
  bff_source_up: { type: 'gauge', help: '1 while the source is fresh, else 0', labels: ['source'] },
  bff_source_latency_seconds: {
    type: 'histogram',
    help: 'Duration of a successful poll',
    labels: ['source'],
  },
  bff_source_failures_total: {
    type: 'counter',
    help: 'Failed polls and lost connections',
    labels: ['source', 'reason'],
  },
  bff_renditions: { type: 'gauge', help: 'Renditions in use', labels: [] },
  bff_rejected_total: { type: 'counter', help: 'Input refused at an edge', labels: ['edge', 'reason'] },
  bff_arbitrated_total: {
    type: 'counter',
    help: 'Values of a poll answer set aside because an event was newer',
    labels: [],
  },
} as const satisfies Record<
  string,
  { type: 'gauge' | 'counter' | 'histogram'; help: string; labels: readonly string[] }
>;

type Table = typeof metricTable;
type NameOf<Type> = { [Name in keyof Table]: Table[Name]['type'] extends Type ? Name : never }[keyof Table];
export type Labels<Name extends keyof Table> = Readonly<Record<Table[Name]['labels'][number], string>>;
export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;

/** How the layers record metrics; `observe/` implements it with prom-client. */
export interface Meter {
  /** Adds to a counter. `by` defaults to 1. */
  count<Name extends CounterName>(name: Name, labels: Labels<Name>, by?: number): void;
  gauge<Name extends GaugeName>(name: Name, labels: Labels<Name>, value: number): void;
  /** Removes a series. */
  forget<Name extends GaugeName>(name: Name, labels: Labels<Name>): void;
  /** Records a duration in seconds. */
  observe<Name extends HistogramName>(name: Name, labels: Labels<Name>, seconds: number): void;
}
