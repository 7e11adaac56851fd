import { baseName, celsius, heaterName, percent, timeLeft } from "./format.js";
import { inOrder } from "./heat.js";
import { StatusChip } from "./status_chip.js";
import { hashOf } from "./route.js";
import { texts } from "./texts.js";
import { Chip, Meter, html, useModel } from "./ui.js";

export function OverviewPage() {
  const printers = useModel((model) => model.house.printers);
  return html`
    <div class="page-head"><h1>${texts.overview.title}</h1></div>
    <div class="tiles">${Object.entries(printers).map(([name, printer]) => html`<${Tile} key=${name} name=${name} printer=${printer} />`)}</div>`;
}

function Tile({ name, printer }) {
  const { job } = printer;
  const left = job && timeLeft(job);
  const trouble = printer.unsafe ? texts.printer.unsafeTitle : printer.prompt !== null ? texts.prompt.title : printer.recoverable && !job ? texts.job.recoverTitle : "";
  return html`
    <a class="card tile" href=${hashOf("printer", name)}>
      <header><h2>${name}</h2><${StatusChip} printer=${printer} /></header>
      ${job ? html`<p class="tile-file" title=${job.file}>${baseName(job.file)}</p><${Meter} value=${job.fraction} label=${texts.job.progress} /><p class="hint">${percent(job.fraction)} · ${texts.job.left} ${left.middle}</p>`
        : html`<p class="hint">${printer.error?.message ?? texts.job.bed[printer.bed]}</p>`}
      ${trouble && html`<${Chip} kind=${printer.unsafe ? "bad" : "warn"}>${trouble}<//>`}
      <p class="tile-heat">${inOrder(Object.keys(printer.heaters)).map((heater) => html`<span><small>${heaterName(heater)}</small> ${celsius(printer.heaters[heater].actual_celsius, 0)}°${printer.heaters[heater].target_celsius ? ` / ${celsius(printer.heaters[heater].target_celsius, 0)}°` : ""}</span>`)}</p>
    </a>`;
}
