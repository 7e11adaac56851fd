import { baseName, clock, count, duration, filament, moment, percent, timeLeft } from "./format.js";
import { isBusy, newsOf } from "./house.js";
import { Picture } from "./picture.js";
import { hashOf } from "./route.js";
import { texts } from "./texts.js";
import { Button, Card, Empty, Icon, Meter, SureButton, html, order, page, useAnswer, useMay, useModel } from "./ui.js";

const MAY_PAUSE = new Set(["printing"]);
const MAY_RESUME = new Set(["paused"]);

export function JobCard({ name, printer, reason }) {
  const finished = useModel((model) => model.house.finished[name]);
  if (printer.job) return html`<${Running} name=${name} printer=${printer} job=${printer.job} reason=${reason} />`;
  if (finished) return html`<${Finished} name=${name} printer=${printer} event=${finished} />`;
  return html`
    <${Card} title=${texts.job.title}>
      <${Empty} icon="layers" title=${texts.job.none}>${texts.job.noneText}<//>
      <${Message} printer=${printer} />
      <div class="row centre"><a class="button primary" href="#/files"><${Icon} name="files" /><span>${texts.job.chooseFile}</span></a></div>
      <${Bed} name=${name} printer=${printer} />
    <//>`;
}

function useFile(file, printer) {
  const news = useModel((model) => newsOf(model.house, file));
  return useAnswer(() => page.client.command("file.info", { file }, { printer, isRepeatable: true }), [file, printer, news]).value;
}

function Running({ name, printer, job, reason }) {
  const may = useMay("print");
  const info = useFile(job.file, name);
  const left = timeLeft(job);
  const isWaiting = Boolean(reason) && printer.status !== "idle";
  const doneAt = typeof job.remaining_seconds === "number" ? moment(Date.now() / 1000 + job.remaining_seconds) : "–";
  const used = (info?.analysis?.tools ?? []).reduce((sum, tool) => sum + (tool.filament_mm ?? 0), 0);
  return html`
    <${Card} title=${texts.job.title} class="job" actions=${html`<a class="button small" href=${hashOf("layers", name)}><${Icon} name="layers" /><span>${texts.nav.layers}</span></a>`}>
      <div class="job-head">
        <${Picture} thumbnails=${info?.thumbnails} width=${220} fallback=${html`<div class="no-picture"><${Icon} name="layers" /></div>`} />
        <div class="job-title"><h3 title=${job.file}>${baseName(job.file)}</h3>
          <p class="big">${percent(job.fraction)}</p>
          <p class="hint">${job.actor ? texts.job.by(job.actor) : ""}</p></div>
      </div>
      <${Meter} value=${job.fraction} label=${texts.job.progress} />
      ${isWaiting && html`<p class="told" role="status">${reason}</p>`}
      <${Message} printer=${printer} />
      <dl class="figures">
        <div><dt>${texts.job.left}</dt><dd>${left.middle}</dd><small>${left.spread || texts.job.leftSource[job.remaining_source] || ""}</small></div>
        <div><dt>${texts.job.done}</dt><dd>${doneAt}</dd></div>
        <div><dt>${texts.job.elapsed}</dt><dd>${clock(job.elapsed_seconds)}</dd></div>
        <div><dt>${texts.job.layer}</dt><dd>${job.layer || "–"}${job.layers_total ? html`<span class="of"> / ${job.layers_total}</span>` : ""}</dd></div>
        <div><dt>${texts.job.filament}</dt><dd>${used ? filament(used) : "–"}</dd></div>
        <div><dt>${texts.job.lines}</dt><dd>${count(job.lines_done)}</dd><small>/ ${count(job.lines_total)}</small></div>
      </dl>
      ${may && html`<div class="row job-actions">
        ${MAY_RESUME.has(printer.status)
          ? html`<${Button} icon="play" kind="primary large" onPress=${() => order("job.resume", {}, name)}>${texts.job.resume}<//>`
          : html`<${SureButton} icon="pause" kind="large" sure=${texts.printer.sure} disabled=${!MAY_PAUSE.has(printer.status)} onPress=${() => order("job.pause", {}, name)}>${texts.job.pause}<//>`}
        <${SureButton} icon="cancel" kind="danger large" sure=${texts.job.cancelAsk} disabled=${printer.status === "cancelling"} onPress=${() => order("job.cancel", {}, name)}>${texts.job.cancel}<//>
      </div>`}
    <//>`;
}

/** What the file or somebody put on the printer's display. */
export const Message = ({ printer }) => printer.display_message
  ? html`<p class="display" title=${texts.printer.display}><${Icon} name="display" /><span>${printer.display_message}</span></p>` : null;

function Finished({ name, printer, event }) {
  const may = useMay("print");
  const info = useFile(event.file, name);
  const kind = event.outcome === "completed" ? "good" : event.outcome === "cancelled" ? "warn" : "bad";
  return html`
    <${Card} title=${texts.job.title} class="job">
      <div class="job-head">
        <${Picture} thumbnails=${info?.thumbnails} width=${220} fallback=${html`<div class="no-picture"><${Icon} name="layers" /></div>`} />
        <div class="job-title"><p class=${`verdict ${kind}`}>${texts.job.finished[event.outcome] ?? event.outcome}</p>
          <h3 title=${event.file}>${baseName(event.file)}</h3>
          <p class="hint">${duration(event.elapsed_seconds)}${event.reason ? ` · ${event.reason}` : ""}</p></div>
      </div>
      <div class="row">
        ${may && html`<${SureButton} icon="play" sure=${texts.files.printAsk} disabled=${printer.status !== "idle"} onPress=${() => order("job.start", { file: event.file }, name)}>${texts.job.again}<//>`}
        <a class="button" href=${hashOf("history", event.job)}>${texts.job.receipt}</a>
      </div>
      <${Bed} name=${name} printer=${printer} />
    <//>`;
}

/** The interlock: the queue goes on only after somebody has looked at the bed. */
export function Bed({ name, printer }) {
  const may = useMay("control");
  const clear = () => order("printer.clear_bed", printer.bed_job ? { job: printer.bed_job } : {}, name);
  return html`
    <div class="bed"><span class=${`bed-state ${printer.bed}`}>${texts.job.bed[printer.bed] ?? printer.bed}</span>
      ${may && printer.bed !== "clear" && !isBusy(printer) && html`<${Button} kind="small" onPress=${clear}>${texts.job.bedClear}<//>`}</div>`;
}
