import { bytes, count, percent } from "./format.js";
import { texts } from "./texts.js";
import { KINDS, hostVerdict, linkVerdict } from "./verdict.js";
import { Card, Icon, html, useModel, useState } from "./ui.js";

const words = texts.signals;

function linkWord(link, verdict) {
  if (verdict === "unknown") return texts.unknown;
  if (verdict === "clean") return words.linkGood;
  return verdict === "some" ? words.linkSome(link.resends + link.stalls) : words.linkBad;
}

function hostWord(host, verdict) {
  if (verdict === "unknown") return texts.unknown;
  if (verdict === "throttling") return words.throttled;
  return verdict === "disk" ? words.low : `${words.cpu} ${percent(host.cpu_share)}`;
}

/** Small signals; each opens into its figures and what they mean. */
export function Signals({ printer }) {
  const host = useModel((model) => model.house.host);
  const { link } = printer;
  const [linked, hosted] = [linkVerdict(link), hostVerdict(host)];
  return html`
    <${Card} title=${words.title}>
      <${Signal} icon="link" title=${words.link} word=${linkWord(link, linked)} verdict=${linked}>
        ${link && html`<${Facts} facts=${[
          [words.sent, count(link.lines_sent)], [words.resends, link.resends], [words.stalls, link.stalls], [words.probes, link.probes],
          [words.duplicates, link.possible_duplicates], [words.window, link.window_lines ?? "–"],
          [words.trip, typeof link.round_trip_seconds === "number" ? `${(link.round_trip_seconds * 1000).toFixed(1)} ms` : "–"],
        ]} />`}
      <//>
      <${Signal} icon="host" title=${words.host} word=${hostWord(host, hosted)} verdict=${hosted}>
        <${Facts} facts=${[
          [words.cpu, percent(host.cpu_share)], [words.memory, percent(host.memory_share)], [words.disk, bytes(host.disk_free_bytes)],
          [words.temperature, typeof host.temperature_celsius === "number" ? `${host.temperature_celsius.toFixed(0)} °C` : "–"],
          ...(host.throttling ?? []).map((one) => [words.throttled, words.throttling[one] ?? one]),
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

const Facts = ({ facts }) => html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
