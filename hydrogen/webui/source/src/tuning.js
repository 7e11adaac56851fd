import { isBusy, isConnected, takesCommands } from "./house.js";
import { texts } from "./texts.js";
import { Button, Card, html, order, useEffect, useState } from "./ui.js";

/** What can be turned, and how it is set as far as the service knows: the part fan always, other fans once one was spoken of. */
function factorsOf({ fans_percent: fans = {}, speed_percent: speed, flow_percent: flow = {} } = {}) {
  const words = texts.extrude;
  return [
    ...[...new Set(["0", ...Object.keys(fans)])].sort().map((fan) => ({
      operation: "printer.set_fan", label: fan === "0" ? words.fan : `${words.fan} ${fan}`, more: { fan: Number(fan) }, low: 0, high: 100, step: 5, start: 0, known: fans[fan],
    })),
    { operation: "printer.set_feedrate", label: words.feed, low: 10, high: 200, step: 5, start: 100, known: speed },
    { operation: "printer.set_flow", label: words.flow, low: 75, high: 125, step: 1, start: 100, known: Object.values(flow)[0], told: flowWords(flow) },
  ];
}

/** The flow of every tool, where there are several. */
function flowWords(flow) {
  const tools = Object.keys(flow).sort();
  return tools.length > 1 ? tools.map((tool) => `${Number(tool.slice(4)) + 1}: ${Math.round(flow[tool])} %`).join(", ") : "";
}

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
        ${factorsOf(printer.tuning).map((factor) => html`<${Factor} key=${factor.label} factor=${factor} name=${name} isOff=${!isConnected(printer) && !isBusy(printer)} />`)}
      </div>
    <//>`;
}

/** Sends when the slider is let go; from then on it stands where the printer has it. */
function Factor({ factor, name, isOff }) {
  const [wanted, setWanted] = useState(null);
  useEffect(() => setWanted(null), [factor.known]);
  const value = wanted ?? factor.known ?? factor.start;
  const send = async (event) => {
    if (!(await order(factor.operation, { percent: Number(event.target.value), ...factor.more }, name))) setWanted(null);
  };
  return html`
    <label class="factor"><span>${factor.label}</span>
      <input type="range" min=${factor.low} max=${factor.high} step=${factor.step} value=${value} disabled=${isOff}
        onInput=${(event) => setWanted(Number(event.target.value))} onChange=${send} />
      <output>${wanted === null && factor.told ? factor.told : wanted === null && typeof factor.known !== "number" ? "–" : `${Math.round(value)} %`}</output></label>`;
}
