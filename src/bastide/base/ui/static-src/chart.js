// `data-chart` elements become ECharts. The element's text alternative (a table beside it) stays for screen readers.
//
// data-chart='{"kind": "line|bar|stacked|gauge|heat|pie", "labels": [...], "series": [{"name": "", "values": [...], "tone": "red"}]}'
import * as echarts from "echarts/core";
import { BarChart, GaugeChart, HeatmapChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import { SERIES, colour, onThemeChange } from "./colours.js";

echarts.use([
  BarChart, GaugeChart, HeatmapChart, LineChart, PieChart,
  AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, CanvasRenderer,
]);

const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;

export async function drawChart(element) {
  element.dataset.drawn = "1";
  const told = element.dataset.chart;
  const spec = told.startsWith("{") ? JSON.parse(told) : await (await fetch(told, { headers: { Accept: "application/json" } })).json();
  const chart = echarts.init(element);
  const paint = () => chart.setOption(option(spec), true);
  paint();
  onThemeChange(paint);
  new ResizeObserver(() => chart.resize()).observe(element);
  if (spec.links) {
    chart.on("click", (event) => {
      const address = spec.links[event.dataIndex];
      if (address) window.location.assign(address);
    });
  }
}

function toneOf(series, place) {
  return colour(series.tone ? { red: "--b-red", orange: "--b-orange", yellow: "--b-yellow", blue: "--b-blue", ok: "--b-ok-fg", bad: "--b-red", warn: "--b-orange", info: "--b-blue", quiet: "--b-quiet" }[series.tone] ?? SERIES[place % SERIES.length] : SERIES[place % SERIES.length]);
}

function ground(spec) {
  const text = colour("--b-quiet");
  const line = colour("--b-line");
  return {
    text, line,
    base: {
      animation: !STILL,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: text },
      aria: { enabled: true, decal: { show: (spec.series ?? []).length > 1 } },
      tooltip: {
        renderMode: "richText", confine: true, trigger: ["line", "bar", "stacked"].includes(spec.kind) ? "axis" : "item",
        backgroundColor: colour("--b-surface"), borderColor: line, textStyle: { color: colour("--b-text") },
      },
    },
  };
}

function option(spec) {
  if (spec.kind === "gauge") return gauge(spec);
  if (spec.kind === "heat") return heat(spec);
  if (spec.kind === "pie") return pie(spec);
  return axes(spec);
}

function axes(spec) {
  const { base, text, line } = ground(spec);
  const many = spec.series.length > 1;
  const labels = { type: "category", data: spec.labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: text, hideOverlap: true }, boundaryGap: spec.kind !== "line", inverse: Boolean(spec.flat) };
  const values = { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: text }, name: spec.unit ?? "", nameTextStyle: { color: text, align: "left" } };
  return {
    ...base,
    legend: { show: many, top: 0, left: 0, textStyle: { color: text }, icon: "roundRect", itemWidth: 14, itemHeight: 8 },
    grid: { left: 4, right: 12, top: many || spec.unit ? 34 : 10, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: spec.flat ? values : labels,
    yAxis: spec.flat ? labels : values,
    series: spec.series.map((series, place) => ({
      name: series.name, data: series.values, type: spec.kind === "line" ? "line" : "bar",
      stack: spec.kind === "stacked" ? "all" : undefined, barMaxWidth: 34, symbolSize: 6, lineStyle: { width: 2.5, type: place % 2 ? "dashed" : "solid" },
      itemStyle: { color: toneOf(series, place), borderRadius: spec.kind === "bar" ? 2 : 0 },
    })),
  };
}

function pie(spec) {
  const { base, text } = ground(spec);
  const values = spec.labels.map((name, place) => ({ name, value: spec.series[0].values[place], itemStyle: { color: toneOf({ tone: spec.tones?.[place] }, place) } }));
  return { ...base, aria: { enabled: true, decal: { show: true } }, legend: { right: 0, top: "middle", orient: "vertical", textStyle: { color: text } }, series: [{ type: "pie", radius: ["48%", "76%"], center: ["34%", "50%"], label: { show: false }, data: values }] };
}

function gauge(spec) {
  const { base, text, line } = ground(spec);
  const value = spec.series[0].values[0];
  return { ...base, series: [{ type: "gauge", min: 0, max: spec.max ?? 100, startAngle: 205, endAngle: -25, progress: { show: true, width: 12, itemStyle: { color: toneOf(spec.series[0], 0) } }, axisLine: { lineStyle: { width: 12, color: [[1, line]] } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false }, pointer: { show: false }, detail: { valueAnimation: !STILL, formatter: `{value}${spec.unit ?? ""}`, color: colour("--b-text"), fontSize: 26, offsetCenter: [0, "6%"] }, data: [{ value, name: spec.series[0].name }], title: { color: text, offsetCenter: [0, "34%"] } }] };
}

function heat(spec) {
  const { base, text, line } = ground(spec);
  const most = Math.max(1, ...spec.series.flatMap((series) => series.values.map((value) => value ?? 0)));
  const dark = colour("--b-surface");
  const cells = spec.series.flatMap((series, row) =>
    series.values.map((value, place) => ({ value: [place, row, value ?? "-"], label: { color: (value ?? 0) > most * 0.55 ? dark : colour("--b-text") } })),
  );
  return {
    ...base, aria: { enabled: true },
    grid: { left: 4, right: 8, top: 6, bottom: 48, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "category", data: spec.labels, axisLabel: { color: text, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, splitArea: { show: true } },
    yAxis: { type: "category", data: spec.series.map((series) => series.name), axisLabel: { color: text }, axisLine: { lineStyle: { color: line } } },
    visualMap: { min: 0, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 0, textStyle: { color: text }, inRange: { color: [colour("--b-surface-2"), colour("--b-info-bg"), colour("--b-blue")] } },
    series: [{ type: "heatmap", data: cells, label: { show: cells.length <= 120 }, itemStyle: { borderColor: colour("--b-surface"), borderWidth: 1 } }],
  };
}
