// What Grafana's own types say of a dashboard's file. Its enums are classes of their own, which no
// JSON can be: Plain makes of each the words that it stands for.
import type { AnnotationQuery, Dashboard, FieldConfig, Panel, RowPanel } from "@grafana/schema";
import type * as bargauge from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as statetimeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Plain<T> = T extends string
  ? `${T}`
  : T extends (infer Each)[]
    ? Plain<Each>[]
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T;

// Grafana fills in what a panel's options leave out.
type Some<T> = T extends (infer Each)[] ? Some<Each>[] : T extends object ? { [Key in keyof T]?: Some<T[Key]> } : T;

// The schema has no queries of any data source: this one is ours.
interface Asked {
  datasource: { type: "prometheus"; uid: string };
  expr: string;
  format?: "table";
  instant: boolean;
  legendFormat: string;
  range: boolean;
  refId: string;
}

// A panel of one type: the general schema leaves open what is its own.
type Of<Type extends string, Options, Custom = object> = Omit<Plain<Panel>, "type" | "options" | "fieldConfig" | "targets"> & {
  type: Type;
  options: Plain<Some<Options>>;
  targets: Asked[];
  fieldConfig: {
    defaults: Omit<Plain<FieldConfig>, "custom"> & { custom?: Plain<Some<Custom>> };
    overrides: { matcher: { id: string; options?: string }; properties: { id: string; value?: boolean }[] }[];
  };
};

// Nor has it the marks of a Prometheus source, whose query lies in the mark itself.
type Marks = Plain<AnnotationQuery> & { expr: string; step: string; tagKeys: string; textFormat: string; titleFormat: string };

export type Board = Omit<Plain<Dashboard>, "panels" | "annotations"> & {
  annotations: { list: Marks[] };
  panels: (
    | (Plain<RowPanel> & { type: "row" })
    | Of<"bargauge", bargauge.Options>
    | Of<"stat", stat.Options>
    | Of<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>
    | Of<"table", table.Options, table.FieldConfig>
    | Of<"timeseries", timeseries.Options, timeseries.FieldConfig>
  )[];
};
