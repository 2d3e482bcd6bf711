// Shapes of the answers of /api/v1, as @weir/query defines them: types only, none of its code comes into the page.
import type {
  ExportersAnswer,
  FieldsAnswer,
  Flow as FlowRow,
  GroupKey,
  LedgerAnswer,
  SeriesAnswer,
  TopAnswer,
} from '@weir/query';

export type {
  ExportersAnswer,
  FieldsAnswer,
  FlowOrder,
  FlowsAnswer,
  LedgerAnswer,
  Meta,
  SeriesAnswer,
  StatusAnswer,
  TailEvent,
  TailStatus,
  TopAnswer,
  ValuesAnswer,
} from '@weir/query';

/** What a series or a row is about: a value for each field it was grouped by; null in the row of all others. */
export type Key = Readonly<GroupKey>;
/** A flow: catalogue and attribute names; what is empty is left out. */
export type Flow = Readonly<FlowRow>;
export type Value = Flow[string] | null;
export type Series = SeriesAnswer['series'][number];
export type TopRow = TopAnswer['rows'][number];
export type Exporter = ExportersAnswer['exporters'][number];
export type ProtocolSummary = Exporter['protocol_state'][number];
export type FieldInfo = FieldsAnswer['fields'][number];
export type LedgerAccount = LedgerAnswer['accounts'][number];

/** One fault in a request, with its place in the filter where it has one. */
export interface Fault {
  readonly message: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly suggestion?: string | undefined;
}
