// Adding printers to the service and taking them out, for administrators.

import { texts } from "./texts.js";
import { Button, Card, Dialog, SureButton, html, order, page, useAnswer, useModel, useState } from "./ui.js";

const words = texts.printers;
const SPEEDS = [250000, 230400, 115200, 57600, 38400, 19200, 9600];
const SIZES = ["x", "y", "z"];

/** Adds it, and says what comes next: the service begins anew, and the printer is there by itself. */
export async function addPrinter(wish) {
  const told = await order("printer.add", wish);
  if (told) page.model.tell("good", words.added(told.name));
  return told;
}

/** A dialog that asks for what cannot be found out. port: what stands in it at first. */
export function AddPrinter({ port = "", onClose }) {
  const printers = useModel((model) => model.house.printers);
  const { value } = useAnswer(() => page.client.command("port.list", {}, { isRepeatable: true }), []);
  const [isLame, setLame] = useState(false);
  const free = (value?.ports ?? []).filter((one) => !one.in_use);
  const add = async (event) => {
    event.preventDefault();
    const { name, port: chosen, baud, ...sizes } = Object.fromEntries(new FormData(event.currentTarget));
    const size = SIZES.map((axis) => Number(sizes[`size-${axis}`]) || 0);
    setLame(true);
    const told = await addPrinter({
      name: name.trim(), port: chosen.trim(), ...(baud ? { baud: Number(baud) } : {}), ...(size.every(Boolean) ? { size_mm: size } : {}),
    });
    setLame(false);
    if (told) onClose();
  };
  return html`
    <${Dialog} title=${words.add} onClose=${onClose}>
      <form class="stack wide" onSubmit=${add}>
        <label class="field"><span>${words.name}</span><input name="name" required maxlength="32" pattern="[a-z0-9][a-z0-9_\\-]*" title=${words.nameHint} defaultValue=${Object.keys(printers).length ? "" : "printer"} />
          <small class="hint">${words.nameHint}</small></label>
        <label class="field"><span>${words.port}</span><input name="port" required maxlength="200" list="free-ports" defaultValue=${port} autocomplete="off" spellcheck=${false} />
          <small class="hint">${words.portHint}</small></label>
        <datalist id="free-ports">${free.map((one) => html`<option key=${one.path} value=${one.bind}>${one.title || one.words || one.path}</option>`)}<option value="virtual:">${words.virtual}</option></datalist>
        <label class="field"><span>${words.baud}</span><select name="baud"><option value="">${words.baudAuto}</option>${SPEEDS.map((one) => html`<option value=${one}>${one}</option>`)}</select></label>
        <fieldset><legend>${words.size}</legend><div class="row">${SIZES.map((axis) => html`
          <label class="field narrow"><span>${axis.toUpperCase()}</span><input name=${`size-${axis}`} type="number" min="1" max="10000" step="any" inputmode="decimal" /></label>`)}</div>
          <small class="hint">${words.sizeHint}</small></fieldset>
        <button class="button primary" type="submit" disabled=${isLame}><span>${words.add}</span></button>
      </form><//>`;
}

/** The printers of the service; those that were added here can be removed. */
export function Printers() {
  const printers = useModel((model) => model.house.printers);
  const [isOpen, setOpen] = useState(false);
  const names = Object.keys(printers);
  const { value, error } = useAnswer(() => page.client.command("printer.added", {}, { isRepeatable: true }), [names.join()]);
  const added = new Set((value?.printers ?? []).map((one) => one.name));
  return html`
    <${Card} title=${words.title} actions=${html`<${Button} icon="plus" kind="small" onPress=${() => setOpen(true)}>${words.add}<//>`}>
      ${error && html`<p class="refusal">${error.message}</p>`}
      <ul class="entries">${names.map((name) => html`
        <li key=${name}><div class="entry"><div><b>${name}</b><small>${[printers[name].port, printers[name].baud].filter(Boolean).join(" · ")}</small></div></div>
          ${added.has(name)
            ? html`<${SureButton} kind="small" sure=${words.removeSure} onPress=${() => order("printer.remove", { name })}>${texts.remove}<//>`
            : html`<small class="hint">${words.ofFile}</small>`}</li>`)}</ul>
      ${!names.length && html`<p class="hint">${texts.printer.noneTitle}</p>`}
    <//>
    ${isOpen && html`<${AddPrinter} onClose=${() => setOpen(false)} />`}`;
}
