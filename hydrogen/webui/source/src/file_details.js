import { baseName, bytes, duration, filament, folderOf, moment } from "./format.js";
import { newsOf } from "./house.js";
import { Picture } from "./picture.js";
import { hashOf } from "./route.js";
import { texts } from "./texts.js";
import { Button, Dialog, Form, Icon, SureButton, html, order, page, useAnswer, useMay, useModel, useState } from "./ui.js";

const words = texts.files;

const span = (low, high) => (Array.isArray(low) && Array.isArray(high) && low.every((one) => typeof one === "number")
  ? high.map((one, at) => (one - low[at]).toFixed(1)).join(" × ").concat(" mm") : "–");

export function FileDetails({ path, name, onClose }) {
  const news = useModel((model) => newsOf(model.house, path));
  const { value: info, error } = useAnswer(() => page.client.command("file.info", { file: path }, { printer: name || undefined, isRepeatable: true }), [path, name, news]);
  const [mayPrint, mayFiles] = [useMay("print"), useMay("files")];
  const actions = info && html`<${Actions} path=${path} name=${name} info=${info} mayPrint=${mayPrint} onClose=${onClose} />`;
  return html`
    <${Dialog} title=${baseName(path)} onClose=${onClose} actions=${actions}>
      ${error && html`<p class="refusal">${error.message}</p>`}
      ${info && html`<div class="file-head"><${Picture} thumbnails=${info.thumbnails} width=${300} /><${Facts} info=${info} /></div>
        <${Preflight} info=${info} />
        <div class="row">
          ${info.state === "ready" && name && html`<a class="button small" href=${`${hashOf("layers", name)}/${encodeURIComponent(path)}`}><${Icon} name="layers" /><span>${words.view}</span></a>`}
          ${mayFiles && html`<${Rename} path=${path} onClose=${onClose} />
            <${SureButton} icon="trash" kind="small" sure=${words.deleteAsk} onPress=${async () => { if (await order("file.delete", { file: path })) onClose(); }}>${words.delete}<//>`}
        </div>`}
    <//>`;
}

function Facts({ info }) {
  const { analysis } = info;
  const used = (analysis?.tools ?? []).reduce((sum, tool) => sum + (tool.filament_mm ?? 0), 0);
  const slicer = analysis?.slicer ?? {};
  return html`
    <dl class="facts">
      <dt>${words.time}</dt><dd>${duration(info.print_seconds)}</dd>
      <dt>${words.size}</dt><dd>${bytes(info.size_bytes)}</dd>
      <dt>${words.changed}</dt><dd>${moment(info.modified_at)}</dd>
      ${analysis && html`
        <dt>${words.layers}</dt><dd>${analysis.layers ?? "–"}</dd>
        <dt>${words.filament}</dt><dd>${filament(used)}</dd>
        <dt>${words.dimensions}</dt><dd>${span(analysis.laid?.low_mm, analysis.laid?.high_mm)}</dd>
        <dt>${words.slicer}</dt><dd>${[slicer.name, slicer.version].filter(Boolean).join(" ") || "–"}</dd>`}
    </dl>`;
}

function Preflight({ info }) {
  if (info.state === "pending") return html`<p class="told" role="status">${words.pending}</p>`;
  if (info.state === "failed") return html`<p class="refusal">${words.failed}: ${info.reason}</p>`;
  const findings = info.preflight?.findings ?? [];
  const open = info.preflight?.not_judged ?? [];
  return html`
    <h3>${words.preflight}</h3>
    ${findings.length === 0 && html`<p class="chip good">${open.length ? words.goodSoFar : words.good}</p>`}
    <ul class="findings">${findings.map((one) => html`
      <li class=${one.severity}><span class=${`chip ${one.severity === "error" ? "bad" : one.severity === "warning" ? "warn" : ""}`}>${words.severity[one.severity] ?? one.severity}</span>
        <div><b>${one.message}</b>${typeof one.line === "number" ? html` <span class="hint">${words.line(one.line)}</span>` : ""}<p>${one.remedy}</p></div></li>`)}</ul>
    ${open.length > 0 && html`<details><summary>${words.notJudged} (${open.length})</summary><ul>${open.map((one) => html`<li>${typeof one === "string" ? one : one.message ?? one.code}</li>`)}</ul></details>`}`;
}

function Actions({ path, name, info, mayPrint, onClose }) {
  const printers = useModel((model) => model.house.printers);
  const [chosen, choose] = useState(name);
  const [copies, setCopies] = useState(1);
  if (!mayPrint) return null;
  const names = Object.keys(printers);
  const isReady = printers[chosen]?.status === "idle"; // never of any: only the queue takes whichever is free first
  const start = async () => {
    if (!await order("job.start", { file: path }, chosen)) return;
    onClose();
    location.hash = hashOf("printer", chosen);
  };
  const enqueue = async () => {
    const params = { file: path, copies: Math.max(1, Math.round(Number(copies) || 1)) };
    if (!await order("queue.add", params, chosen || undefined)) return;
    page.model.tell("good", words.added(baseName(path)));
    onClose();
  };
  const hasErrors = info.preflight?.findings?.some((one) => one.severity === "error");
  return html`
    ${names.length > 1 && html`<label class="field narrow"><span>${words.printOn}</span><select value=${chosen} onChange=${(event) => choose(event.target.value)}>${names.map((one) => html`<option value=${one}>${one}</option>`)}<option value="">${texts.any}</option></select></label>`}
    <label class="field narrow"><span>${words.copies}</span><input type="number" min="1" max="100" value=${copies} onInput=${(event) => setCopies(event.target.value)} /></label>
    <${Button} icon="plus" onPress=${enqueue}>${words.add}<//>
    <${SureButton} icon="play" kind=${hasErrors ? "danger" : "primary"} sure=${words.printAsk} disabled=${!isReady} onPress=${start}>${words.print}<//>`;
}

function Rename({ path, onClose }) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) return html`<${Button} kind="small" onPress=${() => setOpen(true)}>${words.rename}<//>`;
  const rename = async (event) => {
    const [named, folder] = [event.currentTarget.elements.name.value.trim(), folderOf(path)];
    if (named && await order("file.move", { file: path, to: named.includes("/") || !folder ? named : `${folder}/${named}` })) onClose();
  };
  return html`<${Form} class="row" onSubmit=${rename}><input name="name" aria-label=${words.name} defaultValue=${baseName(path)} required /><button class="button small" type="submit"><span>${texts.save}</span></button><//>`;
}
