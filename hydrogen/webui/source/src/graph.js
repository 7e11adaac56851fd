// The temperature graph: uPlot on the columns of a Series. Drawn at most four times a second, and not while nobody looks.

import "./kit.js";
import uPlot from "uplot";
import { colourOf } from "./colour.js";
import { heaterName } from "./format.js";
import { texts } from "./texts.js";
import { html, page, useEffect, useRef } from "./ui.js";

const HEIGHT = 250;
const DRAW_MS = 250;

const TICK_SECONDS = [60, 120, 300, 600, 1200];

/** What is shown at least: less would make a wall of the first degrees. */
const LEAST_SECONDS = 180;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsFor(names, sensors, width) {
  const [ink, line] = [style("--muted"), style("--line")];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui, sans-serif" };
  const value = (_plot, raw) => (raw === null || raw === undefined ? "–" : `${raw.toFixed(1)} °C`);
  const withTarget = (plot, raw, at, index) => {
    const target = index === null ? null : plot.data[at + 1]?.[index];
    return target ? `${value(plot, raw)} / ${target.toFixed(0)}` : value(plot, raw);
  };
  return {
    width, height: HEIGHT, cursor: { drag: { x: true, y: false }, focus: { prox: 24 } }, focus: { alpha: 0.35 }, legend: { show: true, live: true },
    scales: { x: { time: true }, y: { range: (_plot, low, high) => [Math.min(0, Math.floor((low ?? 0) / 10) * 10), Math.max(50, Math.ceil(((high ?? 0) + 10) / 25) * 25)] } },
    axes: [{ ...axis, space: 70, incrs: TICK_SECONDS, values: "{HH}:{mm}" }, { ...axis, size: 44, values: (_plot, ticks) => ticks.map((tick) => `${tick}°`) }],
    series: [
      { label: texts.heat.time, value: "{HH}:{mm}:{ss}" },
      ...names.flatMap((name, number) => {
        const colour = style(colourOf(number));
        return [
          { label: heaterName(name), stroke: colour, width: 2, value: withTarget, points: { show: false } },
          { class: "of-target", stroke: colour, width: 1, dash: [5, 5], value, points: { show: false }, alpha: 0.8 },
        ];
      }),
      ...sensors.map(([, label], number) => ({ label, stroke: style(colourOf(names.length + number)), width: 1.5, value, points: { show: false } })),
    ],
  };
}

/** Index of the last value of a column, -1 where there is none. */
const lastOf = (column) => column?.findLastIndex((value) => typeof value === "number") ?? -1;

/** The picture in words: each curve's value now, its target, and between what it was in the time that is shown. */
function inWords(table, names, sensors, since) {
  const told = [...names.map((name, at) => [heaterName(name), table[1 + 2 * at], table[2 + 2 * at]]),
    ...sensors.map(([, label], at) => [label, table[1 + 2 * names.length + at], null])];
  return told.flatMap(([label, actual, targets]) => {
    const last = lastOf(actual);
    if (last < 0) return [];
    const shown = actual.filter((value, at) => typeof value === "number" && table[0][at] >= since);
    const target = targets?.[lastOf(targets)];
    return [texts.heat.curve(label, actual[last].toFixed(1), target ? target.toFixed(0) : "", Math.min(...shown).toFixed(0), Math.max(...shown).toFixed(0))];
  }).join("; ");
}

const TELL_MS = 2000;

export function Graph({ name, heaters, sensors, minutes }) {
  const place = useRef();
  const told = useRef();
  const looks = useRef({ minutes, isZoomed: false });
  looks.current.minutes = minutes;
  const names = [...heaters, ...sensors.flat()].join("\n");
  useEffect(() => { looks.current.isZoomed = false; looks.current.drawn = -1; }, [minutes]);
  useEffect(() => {
    const series = page.client.seriesOf(name);
    const [box, picture] = [place.current, told.current]; // the references are gone before the timer is (Preact tidies behind a frame)
    let plot = null;
    let toldAt = -TELL_MS;
    const tableNow = () => series.table(heaters, sensors.map(([one]) => one));
    const build = () => {
      plot?.destroy();
      plot = new uPlot(optionsFor(heaters, sensors, box.clientWidth || 300), tableNow(), box);
      looks.current.drawn = -1;
      plot.over.addEventListener("dblclick", () => { looks.current.isZoomed = false; looks.current.drawn = -1; });
      plot.hooks.setSelect = [(one) => { if (one.select.width > 5) looks.current.isZoomed = true; }];
    };
    const draw = () => {
      const look = looks.current;
      if (document.hidden || !plot || series.version === look.drawn || look.isZoomed) return;
      look.drawn = series.version;
      const table = tableNow();
      const last = table[0][table[0].length - 1] ?? Date.now() / 1000;
      const first = Math.min(table[0][0] ?? last, last - LEAST_SECONDS);
      plot.batch(() => {
        plot.setData(table, false);
        plot.setScale("x", { min: Math.max(first, last - look.minutes * 60), max: last });
      });
      if (plot.cursor.left < 0 || plot.cursor.left === undefined) plot.setLegend({ idx: table[0].length - 1 });
      if (performance.now() - toldAt < TELL_MS) return;
      toldAt = performance.now();
      picture.setAttribute("aria-label", `${texts.heat.graph}, ${texts.heat.minutes(look.minutes)}: ${inWords(table, heaters, sensors, last - look.minutes * 60)}`);
    };
    build();
    draw();
    const timer = setInterval(draw, DRAW_MS);
    const size = new ResizeObserver(() => plot.setSize({ width: box.clientWidth || 300, height: HEIGHT }));
    size.observe(box);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const rebuild = () => { build(); draw(); };
    dark.addEventListener("change", rebuild);
    return () => {
      clearInterval(timer);
      size.disconnect();
      dark.removeEventListener("change", rebuild);
      plot.destroy();
    };
  }, [name, names]);
  return html`<div role="img" ref=${told} aria-label=${texts.heat.graph}><div class="graph" ref=${place} aria-hidden="true" /></div>`;
}
