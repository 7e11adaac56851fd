import { isBusy, isConnected, takesCommands } from "./house.js";
import { texts } from "./texts.js";
import { Button, Card, html, order, useState } from "./ui.js";

const FACTORS = [
  { operation: "printer.set_fan", label: texts.extrude.fan, low: 0, high: 100, step: 5, start: 0 },
  { operation: "printer.set_feedrate", label: texts.extrude.feed, low: 10, high: 200, step: 5, start: 100 },
  { operation: "printer.set_flow", label: texts.extrude.flow, low: 75, high: 125, step: 1, start: 100 },
];

export function Tuning({ name, printer }) {
  const tools = Object.keys(printer.heaters).filter((heater) => /^tool\d+$/.test(heater)).map((heater) => Number(heater.slice(4)));
  const [length, setLength] = useState(10);
  const [speed, setSpeed] = useState(5);
  const [tool, setTool] = useState(0);
  const isOff = !takesCommands(printer);
  const isPrinting = isBusy(printer) && isOff;
  const push = (sign) => order("printer.extrude", {
    length_mm: sign * Number(length), feedrate_mm_per_minute: Number(speed) * 60, ...(tools.length > 1 ? { tool: Number(tool) } : {}),
  }, name);
  return html`
    <${Card} title=${isPrinting ? texts.extrude.tuning : texts.extrude.title}>
      ${!isPrinting && html`<div class="row extrude">
        ${tools.length > 1 && html`<label class="field narrow"><span>${texts.extrude.tool}</span><select value=${tool} onChange=${(event) => setTool(event.target.value)}>${tools.map((one) => html`<option value=${one}>${one + 1}</option>`)}</select></label>`}
        <label class="field narrow"><span>${texts.extrude.length} (mm)</span><input type="number" min="0.1" max="200" step="any" value=${length} onInput=${(event) => setLength(event.target.value)} /></label>
        <label class="field narrow"><span>${texts.extrude.speed} (${texts.extrude.mmPerSecond})</span><input type="number" min="0.5" max="60" step="any" value=${speed} onInput=${(event) => setSpeed(event.target.value)} /></label>
        <div class="row"><${Button} icon="up" disabled=${isOff} onPress=${() => push(-1)}>${texts.extrude.pull}<//>
          <${Button} icon="down" disabled=${isOff} onPress=${() => push(1)}>${texts.extrude.push}<//></div>
      </div>`}
      <div class="factors" role="group" aria-label=${texts.extrude.tuning} title=${texts.extrude.last}>
        ${FACTORS.map((factor) => html`<${Factor} key=${factor.operation} factor=${factor} name=${name} isOff=${!isConnected(printer) && !isBusy(printer)} />`)}
      </div>
    <//>`;
}

/** Sends when the slider is let go. */
function Factor({ factor, name, isOff }) {
  const [value, setValue] = useState(factor.start);
  const [isSet, setSet] = useState(false);
  const send = async (event) => {
    const wanted = Number(event.target.value);
    if (await order(factor.operation, { percent: wanted }, name)) setSet(true);
  };
  return html`
    <label class="factor"><span>${factor.label}</span>
      <input type="range" min=${factor.low} max=${factor.high} step=${factor.step} value=${value} disabled=${isOff}
        onInput=${(event) => setValue(Number(event.target.value))} onChange=${send} />
      <output>${isSet || value !== factor.start ? `${value} %` : "–"}</output></label>`;
}
