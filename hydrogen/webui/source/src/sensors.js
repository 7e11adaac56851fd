import { seriesName } from "./series.js";
import { texts } from "./texts.js";
import { Chip, html, useModel } from "./ui.js";

const words = texts.sensors;

/** Those of one printer and of the house, by name. */
export const sensorsOf = (sensors, printer) => Object.entries(sensors).filter(([, one]) => !one.printer || one.printer === printer);

export const labelOf = (name, sensor) => sensor.label || name;

/** Sensors that the graph shows: [name of the series, label]. */
export const drawnSensors = (sensors, printer) => sensorsOf(sensors, printer)
  .filter(([, one]) => one.unit === "celsius").map(([name, one]) => [seriesName(name), labelOf(name, one)]);

/** What stands beside the printer: a chamber, a filament box. Nothing where there are no sensors. */
export function Sensors({ name }) {
  const sensors = useModel((model) => model.house.sensors);
  const shown = sensorsOf(sensors, name);
  if (!shown.length) return null;
  return html`
    <dl class="sensors" aria-label=${words.title}>${shown.map(([id, one]) => html`
      <div key=${id}><dt>${labelOf(id, one)}</dt>
        <dd title=${one.reason || ""}>${typeof one.value === "number" ? `${one.value.toFixed(1)} ${words.units[one.unit] ?? one.unit}` : html`<${Chip} kind="dim">${words.quality[one.quality] ?? one.quality}<//>`}
          ${one.alarm && html` <${Chip} kind="bad">${words.alarm(one.alarm)}<//>`}</dd></div>`)}</dl>`;
}
