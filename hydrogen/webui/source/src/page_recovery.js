import "./kit.js";
import { baseName, percent } from "./format.js";
import { hashOf } from "./route.js";
import { texts } from "./texts.js";
import { Card, Empty, SureButton, html, order, page, useAnswer, useMay, useModel, useState } from "./ui.js";

const words = texts.recovery;

export function RecoveryPage({ name }) {
  const broken = useModel((model) => model.house.printers[name]?.recoverable ?? null);
  return html`
    <div class="page-head"><h1>${words.title}</h1></div>
    ${broken ? html`<${Recovery} key=${broken.job} name=${name} broken=${broken} />` : html`<${Empty} level=${2} icon="history" title=${words.none}>${words.noneText}<//>`}`;
}

/** What the form says, as the parameters of plan and recovery; what was not filled in is left out. */
export function choiceFrom({ start, line, height, measured }) {
  const number = (text) => (text === "" || !Number.isFinite(Number(text)) ? undefined : Number(text));
  const told = { start, z_mm: number(measured), line: start === "line" ? number(line) : undefined, height_mm: start === "height" ? number(height) : undefined };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

/** Is it for want of a height that somebody has to measure? */
const isHeightUnknown = (error) => error?.details?.reason === "unknown_z";

function Recovery({ name, broken }) {
  const may = useMay("print");
  const [form, setForm] = useState({ start: "record", line: "", height: "", measured: "" });
  const [choice, setChoice] = useState({ start: "record" });
  const { value: plan, error, isLoading } = useAnswer(
    () => page.client.command("job.recovery_plan", { job: broken.job, ...choice }, { printer: name, isRepeatable: true }), [name, broken.job, choice]);
  const fill = (key) => (event) => setForm({ ...form, [key]: event.target.value });
  const recover = async () => {
    if (!await order("job.recover", { job: broken.job, ...choice, plan_digest: plan.digest }, name)) return;
    page.model.tell("good", words.started, name);
    location.hash = hashOf("printer", name);
  };
  const again = (event) => {
    event.preventDefault();
    setChoice(choiceFrom(form));
  };
  return html`
    <div class="grid recovery"><div class="column">
      <${Card} title=${words.summary(baseName(broken.file), percent(broken.fraction))}>
        <p>${words.intro}</p>
        <form class="row" onSubmit=${again}>
          <label class="field"><span>${words.start}</span><select value=${form.start} onChange=${fill("start")}>${Object.entries(words.starts).map(([key, text]) => html`<option value=${key}>${text}</option>`)}</select></label>
          ${form.start === "line" && html`<label class="field narrow"><span>${words.line}</span><input type="number" min="1" required value=${form.line} onInput=${fill("line")} /></label>`}
          ${form.start === "height" && html`<label class="field narrow"><span>${words.height}</span><input type="number" step="any" required value=${form.height} onInput=${fill("height")} /></label>`}
          <label class="field"><span>${words.measured}</span><input type="number" step="any" required=${isHeightUnknown(error)} value=${form.measured} onInput=${fill("measured")} /></label>
          <button class="button" type="submit"><span>${words.again}</span></button>
        </form>
        ${error && html`<p class="refusal" role="alert">${error.message}${isHeightUnknown(error) && html`. ${words.measureFirst}`}</p>`}
      <//>
      ${plan && !error && html`<${Warnings} plan=${plan} />`}
      ${may && html`<div class="row approval">
        ${plan && !error && html`<${SureButton} icon="play" kind="primary large" sure=${words.approveSure} disabled=${isLoading} onPress=${recover}>${words.approve}<//>`}
        <${SureButton} icon="trash" kind="large" sure=${words.discardSure} onPress=${() => order("job.discard_recovery", { job: broken.job }, name)}>${words.discard}<//></div>`}
    </div>
    <div class="column">${plan && !error && html`<${Steps} plan=${plan} />`}</div></div>`;
}

function Warnings({ plan }) {
  const { doubt, warnings = [] } = plan;
  return html`
    <${Card} title=${words.warnings} class="warnings">
      <p>${words.where(plan.line, plan.layer ?? "–", plan.z_mm ?? "–")}</p>
      ${doubt && !warnings.length && html`<p>${words.doubt(doubt.first_line, doubt.last_line)}</p>`}
      ${typeof plan.standing_z_mm === "number" && !warnings.length && html`<p>${words.standing(plan.standing_z_mm)}</p>`}
      <ul>${warnings.map((one) => html`<li>${typeof one === "string" ? one : one.message ?? one.text}</li>`)}</ul>
      ${typeof plan.choice?.z_mm !== "number" && html`<p>${words.measureAgain}</p>`}
    <//>`;
}

const Steps = ({ plan }) => html`
  <${Card} title=${words.steps}><ol class="steps-list">${(plan.steps ?? []).map((step) => html`<li><code>${step.gcode}</code><span>${step.why}</span></li>`)}</ol><//>`;
