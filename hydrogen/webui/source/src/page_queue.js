import "./kit.js";
import { baseName, moment } from "./format.js";
import { Bed } from "./job_card.js";
import { hashOf } from "./route.js";
import { texts } from "./texts.js";
import { Button, Card, Chip, Empty, Icon, SureButton, html, order, page, useAnswer, useMay, useModel, useState } from "./ui.js";

const words = texts.queue;
const PAGE = 100;
const KINDS = { completed: "good", failed: "bad", interrupted: "bad", cancelled: "warn", printing: "busy", paused: "warn", preparing: "busy" };

export function QueuePage() {
  const news = useModel((model) => model.house.news.queue);
  const live = useModel((model) => model.link === "live");
  const may = useMay("print");
  const [most, setMost] = useState(PAGE);
  const { value, isLoading } = useAnswer(() => page.client.command("queue.list", { limit: most, past: 10 }, { isRepeatable: true }), [news, live, most]);
  const entries = value?.entries ?? [];
  const others = (value?.total ?? 0) - entries.length;
  return html`
    <div class="page-head"><h1>${words.title}</h1></div>
    <div class="grid">
      <div class="column">
        <${Card} title=${words.waiting}>
          ${entries.length > 0 ? html`<${Entries} entries=${entries} total=${value.total} may=${may} />` : isLoading ? html`<p class="loading">${texts.loading}</p>`
            : html`<${Empty} icon="queue" title=${words.none}>${words.noneText}<//>`}
          ${others > 0 && html`<div class="row centre"><${Button} onPress=${() => setMost(Math.min(1000, most + PAGE))}>${texts.more} (${others})<//></div>`}
        <//>
        ${value?.past?.length > 0 && html`<${Card} title=${words.past}><ul class="entries">${value.past.map((entry) => html`<li key=${entry.id}><${Entry} entry=${entry} /></li>`)}</ul><//>`}
      </div>
      <div class="column"><${Beds} may=${may} told=${value?.printers ?? {}} /></div>
    </div>`;
}

/** Sorted by dragging, or by the arrows: both ask the service, and what it says is shown. */
function Entries({ entries, total, may }) {
  const [dragged, drag] = useState(null);
  const [over, setOver] = useState(null);
  const drop = (event, target) => {
    event.preventDefault();
    setOver(null);
    if (dragged && dragged !== target) order("queue.move", { id: dragged, before: target });
    drag(null);
  };
  const move = (index, by) => order("queue.move", { id: entries[index].id, position: index + by });
  return html`
    ${may && entries.length > 1 && html`<p class="hint">${words.moveHint}</p>`}
    <ol class="entries">${entries.map((entry, index) => {
      const isWaiting = may && entry.state === "queued";
      return html`
        <li key=${entry.id} class=${over === entry.id ? "over" : ""} draggable=${isWaiting}
          onDragStart=${(event) => { event.dataTransfer.effectAllowed = "move"; drag(entry.id); }}
          onDragOver=${(event) => { if (dragged) { event.preventDefault(); setOver(entry.id); } }}
          onDragLeave=${() => setOver(null)} onDragEnd=${() => { drag(null); setOver(null); }} onDrop=${(event) => drop(event, entry.id)}>
          ${isWaiting && html`<span class="grip" aria-hidden="true"><${Icon} name="grip" /></span>`}
          <${Entry} entry=${entry} />
          ${isWaiting && html`<div class="row tight">
            <${Button} icon="up" kind="plain" label=${`${words.up}: ${entry.file}`} disabled=${index === 0} onPress=${() => move(index, -1)} />
            <${Button} icon="down" kind="plain" label=${`${words.down}: ${entry.file}`} disabled=${index === total - 1} onPress=${() => move(index, 1)} />
            <${SureButton} icon="trash" kind="plain" label=${`${texts.remove}: ${entry.file}`} sure=${words.removeSure} onPress=${() => order("queue.remove", { id: entry.id })} /></div>`}
        </li>`;
    })}</ol>`;
}

function Entry({ entry }) {
  const place = entry.printing_on || entry.printer || texts.any;
  const told = [place, entry.copies > 1 ? words.copies(entry.copies_done, entry.copies) : "", entry.actor && words.by(entry.actor), moment(entry.finished_at ?? entry.added_at)];
  return html`
    <div class="entry"><div><b title=${entry.file}>${baseName(entry.file)}</b><small>${told.filter(Boolean).join(" · ")}${entry.reason ? ` · ${entry.reason}` : ""}</small></div>
      <${Chip} kind=${KINDS[entry.state] ?? ""}>${texts.status[entry.state] ?? entry.state}<//></div>`;
}

function Beds({ may, told }) {
  const printers = useModel((model) => model.house.printers);
  const held = useModel((model) => model.house.queue.held);
  return html`
    <${Card} title=${words.bedTitle} icon="printer">
      ${Object.entries(printers).map(([name, printer]) => {
        const isHeld = name in held || Boolean(told[name]?.held);
        return html`
          <div class="bed-row" key=${name}><h3><a href=${hashOf("printer", name)}>${name}</a></h3><${Bed} name=${name} printer=${printer} />
            ${isHeld && html`<p class="told">${words.held(held[name] ?? told[name]?.held)}</p>`}
            ${may && (isHeld
              ? html`<${SureButton} icon="play" kind="small" sure=${texts.printer.sure} onPress=${() => order("queue.release", {}, name)}>${words.release}<//>`
              : html`<${Button} icon="pause" kind="small" onPress=${() => order("queue.hold", { reason: words.reason }, name)}>${words.hold}<//>`)}
          </div>`;
      })}
    <//>`;
}
