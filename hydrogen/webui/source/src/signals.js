import { bytes, count, percent } from "./format.js";
import { texts } from "./texts.js";
import { KINDS, hostVerdict, linkVerdict } from "./verdict.js";
import { Card, Chip, Icon, html, page, useAnswer, useModel, useState } from "./ui.js";

const words = texts.signals;

function linkWord(link, verdict) {
  if (verdict === "unknown") return texts.unknown;
  if (verdict === "clean") return words.linkGood;
  return verdict === "some" ? words.linkSome(link.resends + link.stalls) : words.linkBad;
}

function hostWord(host, verdict) {
  if (verdict === "unknown") return texts.unknown;
  if (verdict === "throttling") return words.throttled;
  if (verdict === "trouble") return words.trouble;
  return verdict === "disk" ? words.low : `${words.cpu} ${percent(host.cpu_share)}`;
}

/** Small signals; each opens into its figures and what they mean. */
export function Signals({ name, printer }) {
  const host = useModel((model) => model.house.host);
  const trouble = useModel((model) => model.house.trouble);
  const { link } = printer;
  const [linked, hosted] = [linkVerdict(link), hostVerdict(host, trouble)];
  return html`
    <${Card} title=${words.title}>
      <${Signal} icon="link" title=${words.link} word=${linkWord(link, linked)} verdict=${linked}>
        ${link && html`<${Facts} facts=${[
          [words.sent, count(link.lines_sent)], [words.resends, link.resends], [words.stalls, link.stalls], [words.probes, link.probes],
          [words.duplicates, link.possible_duplicates], [words.window, link.window_lines ?? "–"],
          [words.trip, typeof link.round_trip_seconds === "number" ? `${(link.round_trip_seconds * 1000).toFixed(1)} ms` : "–"],
        ]} />`}
        <${Diagnosis} name=${name} />
      <//>
      <${Signal} icon="host" title=${words.host} word=${hostWord(host, hosted)} verdict=${hosted}>
        <${Facts} facts=${[
          [words.cpu, percent(host.cpu_share)], [words.memory, percent(host.memory_share)], [words.disk, bytes(host.disk_free_bytes)],
          [words.temperature, typeof host.temperature_celsius === "number" ? `${host.temperature_celsius.toFixed(0)} °C` : "–"],
          ...[...new Set([...(host.throttling ?? []), ...trouble])].map((one) => [words.trouble, words.troubles[one] ?? one]),
        ]} />
      <//>
    <//>`;
}

function Signal({ icon, title, word, verdict, children }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <div class="signal">
      <button type="button" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>
        <${Icon} name=${icon} /><span>${title}</span><span class=${`chip ${KINDS[verdict]}`}>${word}</span></button>
      ${isOpen && html`<div class="signal-more"><p>${words.verdict[verdict] ?? texts.unknown}</p>${children}</div>`}
    </div>`;
}

/** What the service's doctor makes of the link. A service without one is not asked twice. */
function Diagnosis({ name }) {
  const { value, error } = useAnswer(() => page.client.command("system.diagnose", {}, { printer: name, isRepeatable: true }), [name]);
  if (error) return error.code === "not_found" ? null : html`<p class="hint">${error.message}</p>`;
  const told = value?.diagnoses?.[0];
  if (!told) return html`<p class="hint">${words.asking}</p>`;
  return html`
    <div class="diagnosis"><h3>${words.doctor}</h3>
      <ul>${told.verdicts.map((one) => html`
        <li key=${one.cause}><p><b>${one.sentence}</b> <${Chip} kind=${told.healthy ? "good" : "warn"}>${words.confidence[one.confidence] ?? one.confidence}<//></p>
          ${one.next_step && html`<p>${one.next_step}</p>`}
          ${one.evidence?.length > 0 && html`<details><summary>${words.evidence}</summary><ul>${one.evidence.map((seen) => html`<li>${typeof seen === "string" ? seen : seen.sentence ?? JSON.stringify(seen)}</li>`)}</ul></details>`}</li>`)}</ul></div>`;
}

const Facts = ({ facts }) => html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
