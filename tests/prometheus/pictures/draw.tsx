// Draws one dashboard from window.board: numbers, lines and bars with Grafana's own published
// components. Grafana publishes no state timeline and no page, so bands, tables and the frame around
// the panels are drawn here.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, dateTime, FieldType, getDisplayProcessor, toDataFrame, VizOrientation } from '@grafana/data';
import { BarGauge, BarGaugeDisplayMode, BigValue, BigValueColorMode, BigValueGraphMode, BigValueTextMode, LegendDisplayMode, GlobalStyles, ThemeContext, TimeSeries } from '@grafana/ui';

type Series = { name: string; labels: Record<string, string>; times: number[]; values: number[] };
type Panel = { type: string; title: string; grid: { x: number; y: number; w: number; h: number }; config: any; options: any; series: Series[] };
declare global { interface Window { board: { title: string; from: number; to: number; panels: Panel[] } } }

const theme = createTheme({ colors: { mode: 'dark' } });
const COLUMN = 66, ROW = 34, GAP = 8;
const colour = (name: string) => theme.visualization.getColorByName(name);

function field(panel: Panel, series: Series, values: number[]) {
  const made: any = { name: series.name, type: FieldType.number, values, state: {}, config: { ...panel.config, displayName: series.name, custom: { ...panel.config.custom } } };
  made.display = getDisplayProcessor({ field: made, theme });
  return made;
}

function shown(panel: Panel, series: Series) {
  const one = field(panel, series, series.values);
  return { ...one.display(series.values[series.values.length - 1]), title: series.name };
}

function Lines({ panel, width, height }: { panel: Panel; width: number; height: number }) {
  const times = [...new Set(panel.series.flatMap((one) => one.times))].sort((a, b) => a - b);
  const frame: any = toDataFrame({ fields: [{ name: 'Time', type: FieldType.time, values: times }] });
  panel.series.forEach((series, index) => {
    const at = new Map(series.times.map((time, place) => [time, series.values[place]]));
    const one = field(panel, series, times.map((time) => at.get(time) ?? (null as any)));
    one.state.seriesIndex = index;
    frame.fields.push(one);
  });
  frame.length = times.length;
  const { from, to } = window.board;
  const range: any = { from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } };
  const legend: any = { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] };
  return <TimeSeries frames={[frame]} timeRange={range} timeZone="utc" width={width} height={height} legend={legend} structureRev={1} options={{} as any} replaceVariables={(text: string) => text} />;
}

function Bands({ panel, width }: { panel: Panel; width: number }) {
  const { from, to } = window.board;
  const names = 230, scale = (width - names) / (to - from);
  const meaning = panel.config.mappings?.[0]?.options ?? {};
  const high = Math.max(8, Math.min(22, (panel.grid.h * ROW - 44) / Math.max(1, panel.series.length)));
  return <svg width={width} height={high * panel.series.length}>{panel.series.map((series, row) => <g key={row}>
    <text x={names - 6} y={row * high + high * 0.7} fill="#ccc" fontSize={Math.min(12, high - 1)} textAnchor="end">{series.name}</text>
    {series.times.map((time, place) => {
      const said = meaning[String(series.values[place])];
      const until = Math.min(series.times[place + 1] ?? time + 5000, time + 15000);
      return <rect key={time} x={names + (time - from) * scale} y={row * high + 1} width={(until - time) * scale + 0.5} height={high - 2} fill={colour(said?.color ?? 'text')} />;
    })}</g>)}</svg>;
}

function Numbers({ panel, width, height }: { panel: Panel; width: number; height: number }) {
  const many = Math.max(1, panel.series.length), columns = Math.min(many, 3), lines = Math.ceil(many / columns);
  const mode = panel.options.textMode === 'name' ? BigValueTextMode.Name : BigValueTextMode.Value;
  return <div style={{ display: 'flex', flexWrap: 'wrap' }}>{panel.series.map((series, index) =>
    <BigValue key={index} theme={theme} width={width / columns - 2} height={height / lines - 2} value={shown(panel, series)} colorMode={BigValueColorMode.Background} graphMode={BigValueGraphMode.None} textMode={mode} />)}</div>;
}

function Bars({ panel, width, height }: { panel: Panel; width: number; height: number }) {
  const high = Math.max(14, height / Math.max(1, panel.series.length));
  return <div>{panel.series.slice(0, Math.floor(height / high)).map((series, index) =>
    <BarGauge key={index} theme={theme} width={width} height={high - 2} field={panel.config} value={shown(panel, series)} orientation={VizOrientation.Horizontal} displayMode={BarGaugeDisplayMode.Basic} display={field(panel, series, series.values).display} />)}</div>;
}

function Rows({ panel }: { panel: Panel }) {
  const columns = [...new Set(panel.series.flatMap((one) => Object.keys(one.labels)))];
  return <table style={{ width: '100%', fontSize: 13, textAlign: 'left' }}><thead><tr>{columns.map((name) => <th key={name}>{name}</th>)}</tr></thead>
    <tbody>{panel.series.map((one, row) => <tr key={row}>{columns.map((name) => <td key={name}>{one.labels[name] ?? ''}</td>)}</tr>)}</tbody></table>;
}

function Box({ panel }: { panel: Panel }) {
  const { x, y, w, h } = panel.grid;
  const width = w * COLUMN - GAP, height = h * ROW - GAP;
  const place: React.CSSProperties = { position: 'absolute', left: x * COLUMN + GAP, top: y * ROW + 40, width, height, overflow: 'hidden' };
  if (panel.type === 'row') { return <div style={{ ...place, fontWeight: 500, height: ROW, lineHeight: `${ROW}px` }}>{panel.title}</div>; }
  const inner = { panel, width: width - 16, height: height - 40 };
  const drawn: Record<string, React.ReactNode> = { timeseries: <Lines {...inner} />, 'state-timeline': <Bands {...inner} />, stat: <Numbers {...inner} />, bargauge: <Bars {...inner} />, table: <Rows panel={panel} /> };
  return <div style={{ ...place, background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 2, padding: 8, boxSizing: 'border-box' }}>
    <div style={{ fontSize: 14, fontWeight: 500, marginBottom: 6 }}>{panel.title}</div>{panel.series.length ? drawn[panel.type] : <div style={{ opacity: 0.6 }}>no data in these drills</div>}</div>;
}

const bottom = Math.max(...window.board.panels.map((panel) => panel.grid.y + panel.grid.h)) * ROW + 48;
createRoot(document.getElementById('page')!).render(<ThemeContext.Provider value={theme}><GlobalStyles isExtensionSidebarOpen={false} />
  <div style={{ position: 'relative', width: 24 * COLUMN + GAP, height: bottom, background: theme.colors.background.canvas, color: theme.colors.text.primary, fontFamily: theme.typography.fontFamily }}>
    <div style={{ padding: '10px 8px', fontSize: 18 }}>{window.board.title} <span style={{ fontSize: 12, opacity: 0.6 }}>real drills, drawn with Grafana's published components; not Grafana itself</span></div>
    {window.board.panels.map((panel, index) => <Box key={index} panel={panel} />)}</div></ThemeContext.Provider>);
