import "./kit.js";
import { moment } from "./format.js";
import { texts } from "./texts.js";
import { Button, Card, Chip, Empty, html, page, useAnswer, useEffect, useMay, useState } from "./ui.js";

const words = texts.audit;
const LIMIT = 100;

/** Who did what, for administrators: the newest first, page by page. */
export function AuditPage() {
  const may = useMay("admin");
  const [action, setAction] = useState("");
  const [actor, setActor] = useState("");
  const [earlier, setEarlier] = useState([]);
  const ask = (before) => page.client.command("audit.list", { limit: LIMIT, ...(action ? { action } : {}), ...(actor ? { actor } : {}), ...(before ? { before } : {}) }, { isRepeatable: true });
  const { value, error, isLoading } = useAnswer(() => (may ? ask() : Promise.resolve(null)), [may, action, actor]);
  useEffect(() => setEarlier([]), [action, actor]);
  if (!may) return html`<div class="page-head"><h1>${words.title}</h1></div><p>${words.notAllowed}</p>`;
  const pages = value ? [value, ...earlier] : [];
  const records = pages.flatMap((one) => one.records);
  const next = pages.length ? pages[pages.length - 1].next : null;
  const choose = (set) => (event) => set(event.target.value.trim());
  return html`
    <div class="page-head"><h1>${words.title}</h1>
      <input type="search" class="search" placeholder=${words.action} aria-label=${words.action} value=${action} onChange=${choose(setAction)} />
      <input type="search" class="search" placeholder=${words.actor} aria-label=${words.actor} value=${actor} onChange=${choose(setActor)} /></div>
    ${error && html`<p class="refusal">${error.message}</p>`}
    <${Card} title=${words.title} class="bare">
      ${records.length > 0 ? html`<ul class="entries audit">${records.map((one) => html`<${Record} key=${one.n} told=${one} />`)}</ul>`
        : isLoading ? html`<p class="loading">${texts.loading}</p>` : html`<${Empty} icon="history" title=${words.none} />`}
      ${next && html`<div class="row centre"><${Button} onPress=${async () => { const more = await ask(next); setEarlier([...earlier, more]); }}>${texts.more}<//></div>`}
    <//>
    <p class="hint">${words.hint}</p>`;
}

function Record({ told }) {
  const params = Object.keys(told.params ?? {}).length ? JSON.stringify(told.params) : "";
  return html`
    <li><div class="entry"><div><b>${told.action}</b><small>${[moment(told.at), told.actor, told.printer, told.source].filter(Boolean).join(" · ")}</small>
        ${params && html`<code class="params">${params}</code>`}</div>
      <${Chip} kind=${told.result === "ok" ? "good" : "warn"}>${told.result}<//></div></li>`;
}
