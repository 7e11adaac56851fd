import "./kit.js";
import { baseName, celsius, clock, duration, heaterName, moment } from "./format.js";
import { texts } from "./texts.js";
import { Button, Card, Chip, Dialog, Empty, html, page, useAnswer, useEffect, useModel, useState } from "./ui.js";

const words = texts.history;
const OUTCOMES = ["completed", "cancelled", "failed", "interrupted"];
const KINDS = { completed: "good", failed: "bad", interrupted: "bad", cancelled: "warn", printing: "busy" };

export function HistoryPage({ rest }) {
  const news = useModel((model) => model.house.news.jobs);
  const live = useModel((model) => model.link === "live");
  const [outcome, setOutcome] = useState("");
  const [earlier, setEarlier] = useState([]);
  const [open, setOpen] = useState(rest[0] ?? "");
  const ask = (before) => page.client.command("job.history", { limit: 50, ...(outcome ? { outcome } : {}), ...(before ? { before } : {}) }, { isRepeatable: true });
  const { value, isLoading } = useAnswer(() => ask(""), [news, outcome, live]);
  useEffect(() => setEarlier([]), [news, outcome]);
  const jobs = [...(value?.jobs ?? []), ...earlier.flatMap((part) => part.jobs)];
  const next = earlier.length ? earlier[earlier.length - 1].next : value?.next;
  return html`
    <div class="page-head"><h1>${words.title}</h1>
      <select aria-label=${words.outcome} value=${outcome} onChange=${(event) => setOutcome(event.target.value)}><option value="">${words.all}</option>${OUTCOMES.map((one) => html`<option value=${one}>${texts.status[one]}</option>`)}</select></div>
    <${Card} title=${words.title} class="bare">
      ${jobs.length > 0 ? html`<ul class="entries">${jobs.map((job) => html`
          <li key=${job.job}><button type="button" class="entry" onClick=${() => setOpen(job.job)}>
            <div><b title=${job.file}>${baseName(job.file ?? "")}</b><small>${[job.printer, moment(job.finished_at ?? job.started_at), duration(job.elapsed_seconds), job.reason].filter((one) => one && one !== "–").join(" · ")}</small></div>
            <${Chip} kind=${KINDS[job.state] ?? ""}>${texts.status[job.state] ?? job.state}<//></button></li>`)}</ul>`
        : isLoading ? html`<p class="loading">${texts.loading}</p>` : html`<${Empty} icon="history" title=${words.none}>${words.noneText}<//>`}
      ${next && html`<div class="row centre"><${Button} onPress=${async () => setEarlier([...earlier, await ask(next)])}>${words.more}<//></div>`}
    <//>
    ${open && html`<${Receipt} key=${open} job=${open} onClose=${() => setOpen("")} />`}`;
}

function Receipt({ job, onClose }) {
  const news = useModel((model) => model.house.news.jobs);
  const { value, error } = useAnswer(() => page.client.command("job.receipt", { job }, { isRepeatable: true }), [job, news]);
  const receipt = value?.receipt;
  const title = receipt ? words.receiptOf(baseName(receipt.file)) : words.receipt;
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${error && html`<p class="refusal">${error.message}</p>`}${receipt && html`<${ReceiptBody} receipt=${receipt} />`}<//>`;
}

function ReceiptBody({ receipt }) {
  const isWhole = Boolean(receipt.executed_sha256) && receipt.executed_sha256 === receipt.file_sha256;
  const names = words.fields;
  const facts = [
    [names.started_at, moment(receipt.started_at)], [names.finished_at, moment(receipt.finished_at)], [names.elapsed_seconds, clock(receipt.elapsed_seconds)],
    [names.paused_seconds, receipt.paused_seconds ? clock(receipt.paused_seconds) : ""], [names.actor, receipt.actor], [names.ended_by, receipt.ended_by], [names.reason, receipt.reason],
    [names.lines, `${receipt.lines_done} / ${receipt.lines_total}`], [names.resends, receipt.resends], [names.stalls, receipt.stalls], [names.possible_duplicates, receipt.possible_duplicates],
  ];
  const happened = [
    ...(receipt.pauses ?? []).map((one) => [moment(one.began_at), `${texts.status.paused} ${duration(one.seconds)} ${one.reason ?? ""}`]),
    ...[...(receipt.prompts ?? []), ...(receipt.errors ?? []), ...(receipt.link_losses ?? [])].map((one) => [moment(one.noted_at), one.text]),
  ];
  return html`
    <p class=${`told ${isWhole ? "good" : ""}`}>${isWhole ? words.whole : words.partial}${receipt.is_complete === false ? ` ${words.incomplete}` : ""}</p>
    <dl class="facts">${facts.filter(([, value]) => value !== "" && value !== null && value !== undefined).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    ${Object.keys(receipt.heaters ?? {}).length > 0 && html`
      <h3>${words.heaters}</h3><div class="scroll"><table class="plain"><thead><tr>${[words.heater, words.target, words.low, words.high, words.inBand, words.outOfBand].map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
        <tbody>${Object.entries(receipt.heaters).map(([name, told]) => html`<tr><th scope="row">${heaterName(name)}</th><td>${celsius(told.last_target_celsius, 0)}</td><td>${celsius(told.min_celsius)}</td><td>${celsius(told.max_celsius)}</td><td>${duration(told.in_band_seconds)}</td><td>${duration(told.out_of_band_seconds)}</td></tr>`)}</tbody></table></div>`}
    ${happened.length > 0 && html`<h3>${words.events}</h3><ul class="happened">${happened.map(([at, text]) => html`<li><time>${at}</time> ${text}</li>`)}</ul>`}`;
}
