import { Heat } from "./heat.js";
import { isBusy } from "./house.js";
import { JobCard } from "./job_card.js";
import { later } from "./later.js";
import { Motion } from "./motion.js";
import { hashOf } from "./route.js";
import { Signals } from "./signals.js";
import { texts } from "./texts.js";
import { Tuning } from "./tuning.js";
import { Button, Card, SureButton, html, order, page, useAnswer, useMay, useModel, useState } from "./ui.js";

const UNREACHABLE = new Set(["offline", "connecting", "halted", "error"]);

export function PrinterPage({ name }) {
  const printer = useModel((model) => model.house.printers[name]);
  const reason = useModel((model) => model.house.reasons[name]);
  const may = useMay("control");
  if (!printer) return html`<${FirstPrinter} />`;
  return html`
    <h1 class="unseen">${name}</h1>
    ${printer.unsafe && html`<div class="bar bad" role="alert"><div><b>${texts.printer.unsafeTitle}:</b> ${printer.unsafe}</div></div>`}
    ${UNREACHABLE.has(printer.status) && html`<${Unreachable} name=${name} printer=${printer} reason=${reason} may=${may} />`}
    ${printer.recoverable && !isBusy(printer) && html`
      <div class="bar warn"><div><b>${texts.job.recoverTitle}:</b> ${printer.recoverable.file}</div>
        <a class="button" href=${hashOf("recovery", name)}>${texts.job.recover}</a></div>`}
    <div class="grid">
      <div class="column"><${JobCard} name=${name} printer=${printer} reason=${reason} /><${Heat} name=${name} printer=${printer} /></div>
      <div class="column">
        ${may && html`<${Motion} name=${name} printer=${printer} /><${Tuning} name=${name} printer=${printer} />`}
        <${Signals} name=${name} printer=${printer} />
        <${Connection} name=${name} printer=${printer} may=${may} />
      </div>
    </div>`;
}

const AddPrinter = later(() => import("./printers.js"), "AddPrinter");

/** From no printer to the first one: its port is chosen here, the rest happens by itself. */
function FirstPrinter() {
  const { value, again } = useAnswer(() => page.client.command("port.list", {}, { isRepeatable: true }), []);
  const isAdmin = useMay("admin");
  const [chosen, setChosen] = useState(null);
  const ports = value?.ports ?? [];
  const words = texts.printer;
  const tryVirtual = async () => (await import("./printers.js")).addPrinter({ name: "virtual", port: "virtual:" });
  return html`
    <div class="page-head"><h1>${words.noneTitle}</h1></div>
    <${Card} title=${words.first} icon="printer" class="first">
      <ol>
        <li><p>${words.plugIn}</p></li>
        <li><p>${ports.length ? words.portsFound : words.noPorts}</p>
          ${ports.length > 0 && html`<ul class="entries">${ports.map((port) => html`
            <li key=${port.path}><div class="entry"><div><b>${port.title || port.words || port.path}</b><small>${[port.bind, port.note].filter(Boolean).join(" · ")}</small></div></div>
              ${isAdmin && html`<${Button} kind="small primary" aria-label=${words.usePort(port.bind)} onPress=${() => setChosen(port.bind)}>${words.use}<//>`}</li>`)}</ul>`}
          <div class="row"><${Button} kind="small" onPress=${again}>${words.lookAgain}<//>
            ${isAdmin && html`<${Button} kind="small" onPress=${() => setChosen("")}>${words.useOther}<//>`}</div>
          ${!isAdmin && html`<p class="hint">${words.nameIt}</p><pre>${words.nameItAs(ports.find((port) => !port.in_use)?.bind ?? "/dev/ttyUSB0")}</pre>`}</li>
        <li><p>${words.connects}</p></li>
      </ol>
      ${isAdmin && html`<p class="hint">${words.orVirtual}</p><div class="row"><${Button} onPress=${tryVirtual}>${words.tryVirtual}<//></div>`}
    <//>
    ${chosen !== null && html`<${AddPrinter} port=${chosen} onClose=${() => setChosen(null)} />`}`;
}

function Unreachable({ name, printer, reason, may }) {
  const connect = html`<${Button} icon="link" kind="primary" onPress=${() => order("printer.connect", {}, name)}>${texts.printer.connect}<//>`;
  if (printer.status === "connecting") return html`<div class="bar" role="status"><div>${texts.printer.connectingText}</div></div>`;
  const isHalted = printer.status === "halted";
  const [title, text] = isHalted
    ? [texts.printer.haltedTitle, texts.printer.haltedText]
    : [texts.printer.offlineTitle, texts.printer.offlineText(printer.port)];
  const why = printer.error?.message || reason;
  return html`
    <div class=${`bar ${isHalted || printer.status === "error" ? "bad" : ""}`} role="status">
      <div><b>${title}.</b> ${why ? html`<span>${/[.?!]$/.test(why) ? why : `${why}.`} </span>` : ""}${text}</div>${may && html`<div class="row">${printer.power === "off" && html`<${Power} name=${name} printer=${printer} />`}${connect}</div>`}
    </div>`;
}

/** The switch of the printer's power; nothing where nothing works one. */
function Power({ name, printer }) {
  if (!printer.power) return null;
  const isOff = isBusy(printer);
  if (printer.power === "off") return html`<${Button} icon="power" disabled=${isOff} onPress=${() => order("power.on", {}, name)}>${texts.printer.powerOn}<//>`;
  return html`<${SureButton} icon="power" sure=${texts.printer.sure} disabled=${isOff} onPress=${() => order("power.off", {}, name)}>${texts.printer.powerOff}<//>`;
}

function Connection({ name, printer, may }) {
  const firmware = printer.firmware;
  const isOffline = printer.status === "offline";
  return html`
    <${Card} title=${texts.printer.connection} icon="link">
      <dl class="facts">
        <dt>${texts.printer.port}</dt><dd>${printer.port || texts.unknown}${printer.baud ? ` · ${printer.baud}` : ""}</dd>
        ${printer.power && html`<dt>${texts.printer.power}</dt><dd>${texts.printer.powers[printer.power] ?? printer.power}</dd>`}
        <dt>${texts.printer.firmware}</dt><dd>${firmware ? [firmware.machine_type, firmware.name].filter(Boolean).join(" · ") : texts.unknown}</dd>
      </dl>
      ${may && html`<div class="row">
        ${isOffline ? "" : html`<${SureButton} icon="link" sure=${texts.printer.sure} disabled=${isBusy(printer)} onPress=${() => order("printer.disconnect", {}, name)}>${texts.printer.disconnect}<//>`}
        <${Power} name=${name} printer=${printer} />
      </div>`}
    <//>`;
}

