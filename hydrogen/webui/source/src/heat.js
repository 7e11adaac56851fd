import { celsius, heaterName } from "./format.js";
import { colourOf } from "./colour.js";
import { later } from "./later.js";
import { highestOf, presetsOf, useProfile } from "./profile.js";
import { Sensors, drawnSensors } from "./sensors.js";
import { texts } from "./texts.js";
import { Button, Card, html, order, page, useMay, useModel, useState } from "./ui.js";

const RANGES = [5, 10, 30];

const Graph = later(() => import("./graph.js"), "Graph", html`<div class="graph" />`);

/** Nozzles first, then the bed, then what else there is. */
export function inOrder(names) {
  const rank = (name) => (name.startsWith("tool") ? 0 : name === "bed" ? 1 : 2);
  const number = (name) => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return [...names].sort((one, other) => rank(one) - rank(other) || number(one) - number(other) || (one < other ? -1 : 1));
}

export function Heat({ name, printer }) {
  const mayControl = useMay("control");
  const mayStop = useMay("emergency");
  const [minutes, setMinutes] = useState(page.settings.value.graphMinutes);
  const profile = useProfile(name);
  const sensors = useModel((model) => model.house.sensors);
  const names = inOrder(Object.keys(printer.heaters));
  const show = (count) => {
    setMinutes(count);
    page.settings.set({ graphMinutes: count });
  };
  const off = mayStop && html`<${Button} kind="small" onPress=${() => order("printer.cool_down", {}, name)}>${texts.heat.coolDown}<//>`;
  if (!names.length) return html`<${Card} title=${texts.heat.title}><p class="hint">${texts.heat.none}</p><//>`;
  return html`
    <${Card} title=${texts.heat.title} actions=${off}>
      <table class="heaters">
        <thead><tr><th scope="col">${texts.heat.heater}</th><th scope="col">${texts.heat.actual}</th><th scope="col">${texts.heat.target}</th></tr></thead>
        <tbody>${names.map((heater, number) => html`<${Heater} key=${heater} printer=${name} name=${heater} number=${number} told=${printer.heaters[heater]} highest=${highestOf(profile, heater)} may=${mayControl} />`)}</tbody>
      </table>
      <${Sensors} name=${name} />
      ${mayControl && html`<${Presets} name=${name} heaters=${names} profile=${profile} />`}
      <${Graph} name=${name} heaters=${names} sensors=${drawnSensors(sensors, name)} minutes=${minutes} />
      <div class="row ranges" role="group" aria-label=${texts.heat.range}>
        ${RANGES.map((count) => html`<button type="button" class="button small" aria-pressed=${count === minutes} onClick=${() => show(count)}>${texts.heat.minutes(count)}</button>`)}
        <span class="hint">${texts.heat.zoom}</span>
      </div>
    <//>`;
}

function Heater({ printer, name, number, told, highest, may }) {
  const [typed, setTyped] = useState(null);
  const set = async (event) => {
    event.preventDefault();
    const wanted = Number(typed);
    if (typed !== null && wanted > highest) page.model.tell("error", texts.heat.tooHot(heaterName(name), highest), printer);
    if (wanted > highest || wanted < 0) return setTyped(null);
    if (typed === null || typed === "" || !Number.isFinite(wanted)) return setTyped(null);
    await order("printer.set_temperature", { heater: name, target_celsius: wanted }, printer);
    return setTyped(null);
  };
  const target = told.target_celsius;
  const shown = typed ?? (target === null ? "" : String(Math.round(target)));
  const isHot = typeof told.actual_celsius === "number" && told.actual_celsius > 50;
  return html`
    <tr>
      <th scope="row"><span class="swatch" style=${{ background: `var(${colourOf(number)})` }} aria-hidden="true" />${heaterName(name)}</th>
      <td class=${isHot ? "hot" : ""} data-heater=${name}>${celsius(told.actual_celsius)} °C${typeof told.power === "number" ? html`<i class="power" title=${texts.heat.power}><i style=${{ width: `${Math.min(100, told.power * 100)}%` }} /></i>` : ""}</td>
      <td>${may && target !== null
        ? html`<form class="target" novalidate onSubmit=${set}><input type="number" inputmode="decimal" min="0" max=${highest} step="1" value=${shown} aria-label=${texts.heat.setTo(heaterName(name))}
            onInput=${(event) => setTyped(event.target.value)} onBlur=${set} onFocus=${(event) => event.target.select()} /><span>°C</span></form>`
        : target === null ? "–" : `${celsius(target, 0)} °C`}</td>
    </tr>`;
}

function Presets({ name, heaters, profile }) {
  const heat = async (preset) => {
    for (const heater of heaters) {
      const target = { tool0: preset.nozzle, bed: preset.bed, chamber: preset.chamber }[heater] ?? null;
      if (target !== null && !await order("printer.set_temperature", { heater, target_celsius: target }, name)) return;
    }
  };
  return html`
    <div class="row presets" role="group" aria-label=${texts.heat.preset}>
      ${presetsOf(profile, page.settings.value.presets).map((preset) => html`<${Button} kind="small" title=${`${preset.nozzle ?? "–"} / ${preset.bed ?? "–"} °C`} onPress=${() => heat(preset)}>${preset.name}<//>`)}
    </div>`;
}
