// What the JSON Schema of the dashboards is made of: Grafana's own types, one by plugin id.
import type {
  AnnotationContainer,
  AnnotationQuery,
  Dashboard,
  DashboardLink,
  DataQuery,
  FieldConfig,
  Panel,
  RowPanel,
} from "@grafana/schema";
import type * as annolist from "@grafana/schema/dist/types/raw/composable/annotationslist/panelcfg/x/AnnotationsListPanelCfg_types.gen";
import type * as barchart from "@grafana/schema/dist/types/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen";
import type * as bargauge from "@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type * as dashlist from "@grafana/schema/dist/types/raw/composable/dashboardlist/panelcfg/x/DashboardListPanelCfg_types.gen";
import type * as gauge from "@grafana/schema/dist/types/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen";
import type * as heatmap from "@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type * as histogram from "@grafana/schema/dist/types/raw/composable/histogram/panelcfg/x/HistogramPanelCfg_types.gen";
import type * as stat from "@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as statetimeline from "@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as statushistory from "@grafana/schema/dist/types/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen";
import type * as table from "@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as text from "@grafana/schema/dist/types/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen";
import type * as timeseries from "@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** Nothing may stand there. */
interface Nothing {}

/** What a plugin adds to a panel: options of the panel, and custom ones of its fields. */
interface Plugin<Options, Custom = Nothing> {
  options: Options;
  custom: Custom;
}

/** The package has no types for the queries of a Prometheus data source. */
interface PrometheusQuery extends DataQuery {
  editorMode?: "builder" | "code";
  exemplar?: boolean;
  expr: string;
  format?: "heatmap" | "table" | "time_series";
  instant?: boolean;
  interval?: string;
  legendFormat?: string;
  range?: boolean;
}

/** A link of a value or a series: the package takes anything there. */
interface DataLink {
  oneClick?: boolean;
  targetBlank?: boolean;
  title: string;
  url: string;
}

/** An annotation query is the data source's own: these are what Prometheus' has. */
interface PrometheusAnnotation extends AnnotationQuery<PrometheusQuery> {
  expr?: string;
  step?: string;
  tagKeys?: string;
  textFormat?: string;
  titleFormat?: string;
  useValueForTime?: boolean;
}

/** What transformations take, of which the package says nothing. */
interface Transformations {
  joinByField: { byField?: string; mode?: "inner" | "outer" | "outerTabular" };
  labelsToFields: { keepLabels?: string[]; mode?: "columns" | "rows"; valueLabel?: string };
  limit: { limitField?: number };
  merge: Nothing;
  organize: {
    excludeByName?: Record<string, boolean>;
    includeByName?: Record<string, boolean>;
    indexByName?: Record<string, number>;
    renameByName?: Record<string, string>;
  };
  renameByRegex: { regex: string; renamePattern: string };
  sortBy: { sort: { desc?: boolean; field: string }[] };
}

export interface Types {
  /** A dashboard but for its panels, which are judged one by one. */
  dashboard: Omit<Dashboard, "annotations" | "panels"> & {
    annotations?: Omit<AnnotationContainer, "list"> & { list?: PrometheusAnnotation[] };
  };
  row: Omit<RowPanel, "panels">;
  panel: Panel;
  field: Omit<FieldConfig, "links"> & { links?: DataLink[] };
  /** The SDK writes a panel's data links as it does those above the panels. */
  link: (DashboardLink & { url: string }) | DataLink;
  target: PrometheusQuery;
  transformations: Transformations;
  plugins: {
    annolist: Plugin<annolist.Options>;
    barchart: Plugin<barchart.Options, barchart.FieldConfig>;
    bargauge: Plugin<bargauge.Options>;
    dashlist: Plugin<dashlist.Options>;
    gauge: Plugin<gauge.Options>;
    heatmap: Plugin<heatmap.Options, heatmap.FieldConfig>;
    histogram: Plugin<histogram.Options, histogram.FieldConfig>;
    stat: Plugin<stat.Options>;
    "state-timeline": Plugin<statetimeline.Options, statetimeline.FieldConfig>;
    "status-history": Plugin<statushistory.Options, statushistory.FieldConfig>;
    table: Plugin<table.Options, table.FieldConfig>;
    text: Plugin<text.Options>;
    timeseries: Plugin<timeseries.Options, timeseries.FieldConfig>;
  };
}
