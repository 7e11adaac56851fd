// What stands around every page: head with the emergency stop, navigation, notices, dialogs that the printer opens.

import { render } from "preact";
import { routeFrom, hashOf } from "./route.js";
import { percent } from "./format.js";
import { later } from "./later.js";
import { OverviewPage } from "./page_overview.js";
import { PrinterPage } from "./page_printer.js";
import { RenewBar, SignInPage } from "./page_sign_in.js";
import { Prompt } from "./prompt.js";
import { StatusChip } from "./status_chip.js";
import { texts } from "./texts.js";
import { Button, Empty, Icon, html, page, setAside, useEffect, useMay, useModel, useRef, useState } from "./ui.js";

/** The first one that most people see comes with the page; the others come when somebody goes there. */
const PAGES = {
  overview: OverviewPage, printer: PrinterPage, files: later(() => import("./page_files.js"), "FilesPage"),
  queue: later(() => import("./page_queue.js"), "QueuePage"), history: later(() => import("./page_history.js"), "HistoryPage"),
  terminal: later(() => import("./page_terminal.js"), "TerminalPage"), layers: later(() => import("./page_layers.js"), "LayersPage"),
  recovery: later(() => import("./page_recovery.js"), "RecoveryPage"), settings: later(() => import("./page_settings.js"), "SettingsPage"),
  audit: later(() => import("./page_audit.js"), "AuditPage"),
};

const OF_PRINTER = new Set(["printer", "terminal", "layers", "recovery"]);

const NAVIGATION = [
  ["overview", "overview"], ["printer", "printer"], ["files", "files"], ["queue", "queue"], ["layers", "layers"], ["terminal", "terminal"],
  ["history", "history"], ["settings", "settings"],
];

function useRoute() {
  const [route, setRoute] = useState(() => routeFrom(location.hash));
  useEffect(() => {
    const follow = () => setRoute(routeFrom(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/** The printer that is meant: the route's, else the one that was last looked at, else the first. */
function usePrinterName(route) {
  const printers = useModel((model) => model.house.printers);
  const [last, setLast] = useState("");
  const names = Object.keys(printers);
  const wanted = OF_PRINTER.has(route.name) && names.includes(route.rest[0]) ? route.rest[0] : "";
  useEffect(() => { if (wanted) setLast(wanted); }, [wanted]);
  return wanted || (names.includes(last) ? last : names[0] ?? "");
}

/** The printer that the address names, and that is not there: nothing of another one is shown in its place. */
function useGone(route) {
  const printers = useModel((model) => model.house.printers);
  const named = OF_PRINTER.has(route.name) ? route.rest[0] ?? "" : "";
  return named && Object.keys(printers).length > 0 && !(named in printers) ? named : "";
}

const Gone = ({ name }) => html`<${Empty} level=${1} icon="printer" title=${texts.printer.gone(name)}>${texts.printer.goneText}<//>`;

const PATIENCE_MS = 700;
const SETTLED_MS = 2500;

/** Is it known what there is, and what the person may do? Before that nothing is drawn that would move under the pointer. */
const isKnown = (model) => model.house.isTold && model.principal !== "";

/** Draws the page as soon as there is something to tell; an empty frame before that would only cost the time of two. */
export function draw(box) {
  const isReady = () => page.model.value.link === "signed_out" || isKnown(page.model.value);
  const begin = () => {
    clearTimeout(timer);
    unlisten();
    render(html`<${Shell} />`, box);
    setTimeout(fetchPages, SETTLED_MS);
  };
  const timer = setTimeout(begin, PATIENCE_MS);
  const unlisten = page.model.listen(() => isReady() && begin());
  if (isReady()) begin();
}

/** The other pages, in the quiet after the first drawing: so that going there takes no time, with or without the service. */
async function fetchPages() {
  for (const part of Object.values(PAGES)) {
    await new Promise((resolve) => (globalThis.requestIdleCallback ?? setTimeout)(resolve));
    await part.fetch?.().catch(() => undefined);
  }
}

export function Shell() {
  const link = useModel((model) => model.link);
  const isTold = useModel(isKnown);
  const route = useRoute();
  const name = usePrinterName(route);
  const gone = useGone(route);
  const many = useManyPrinters();
  useEffect(setAside);
  if (link === "begin") return null;
  if (link === "signed_out") return html`<${SignInPage} /><${Notices} />`;
  const current = PAGES[route.name] ? route.name : many ? "overview" : "printer";
  const Page = PAGES[current];
  return html`
    <a class="skip" href="#content" onClick=${skip}>${texts.nav.skip}</a>
    <${Head} name=${name} route=${current} />
    ${isTold && html`<${Navigation} current=${current} name=${name} many=${many} />`}
    <main id="content" tabindex="-1">
      <${LinkBar} /><${RenewBar} />
      ${gone ? html`<${Gone} name=${gone} />` : isTold ? html`<${Page} key=${`${current} ${OF_PRINTER.has(current) ? name : ""}`} name=${name} rest=${route.rest} />` : html`<p class="loading">${texts.loading}</p>`}
    </main>
    <${Prompts} /><${Notices} /><${Announcer} />`;
}

const useManyPrinters = () => useModel((model) => Object.keys(model.house.printers).length > 1);

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

function Head({ name, route }) {
  const printers = useModel((model) => model.house.printers);
  const link = useModel((model) => model.link);
  const printer = printers[name];
  const names = Object.keys(printers);
  const choose = (event) => { location.hash = hashOf(OF_PRINTER.has(route) ? route : "printer", event.target.value); };
  const title = printer?.job ? `${percent(printer.job.fraction)} · ${name}` : texts.name;
  useEffect(() => { document.title = title; }, [title]);
  return html`
    <header class="head">
      <a class="brand" href="#/" aria-label=${texts.name}><span class="mark" aria-hidden="true" /><span class="word">${texts.name}</span></a>
      ${names.length > 1
        ? html`<select class="chooser" aria-label=${texts.nav.choose} value=${name} onChange=${choose}>${names.map((one) => html`<option value=${one}>${one}</option>`)}</select>`
        : name && html`<span class="chooser">${name}</span>`}
      ${printer && html`<${StatusChip} printer=${printer} />`}
      ${printer?.job && html`<span class="head-progress">${percent(printer.job.fraction)}</span>`}
      <span class="space" />
      <span class=${`live ${link}`} title=${texts.link[link] ?? link}><span class="dot" aria-hidden="true" /><span class="word" aria-hidden="true">${link === "live" ? texts.link.live : "…"}</span><span class="unseen" role="status">${texts.link[link] ?? link}</span></span>
      <${Stop} name=${name} />
    </header>`;
}

function Stop({ name }) {
  const may = useMay("emergency");
  if (!may || !name) return null;
  const stop = async () => {
    try {
      await page.client.emergencyStop(name);
      page.model.tell("good", texts.stop.done, name);
    } catch (error) {
      if (error.code !== "service_unreachable" && page.model.value.house.printers[name]?.status === "halted") return page.model.tell("good", texts.stop.already, name);
      page.model.tell("error", `${texts.stop.failed} (${error.message})`, name);
    }
  };
  return html`<button type="button" class="stop" onClick=${stop} aria-label=${texts.stop.label} title=${texts.stop.label}><${Icon} name="stop" /><span>${texts.stop.short}</span></button>`;
}

function Navigation({ current, name, many }) {
  const mayControl = useMay("control");
  const length = useModel((model) => model.house.queue.length);
  const shown = NAVIGATION.filter(([page]) => (page !== "overview" || many) && (page !== "terminal" || mayControl));
  return html`
    <nav class="nav" aria-label=${texts.nav.main}>
      ${shown.map(([page, icon]) => html`
        <a href=${OF_PRINTER.has(page) ? hashOf(page, name) : hashOf(page)} aria-current=${page === current ? "page" : undefined}>
          <${Icon} name=${icon} /><span>${texts.nav[page]}</span>${page === "queue" && length > 0 && html`<b class="count">${length}</b>`}
        </a>`)}
    </nav>`;
}

function LinkBar() {
  const link = useModel((model) => model.link);
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    // A moment without a connection is not worth a word.
    if (link === "live") return setLate(false);
    const timer = setTimeout(() => setLate(true), 1200);
    return () => clearTimeout(timer);
  }, [link === "live"]);
  if (link === "live" || !isLate) return null;
  return html`
    <div class="bar warn" role="alert"><div><b>${texts.link[link]}</b> ${texts.link.waitingHint}</div>
      <${Button} onPress=${() => page.client.hurry()}>${texts.retry}<//></div>`;
}

function Prompts() {
  const printers = useModel((model) => model.house.printers);
  return Object.entries(printers).filter(([, printer]) => printer.prompt !== null)
    .map(([name, printer]) => html`<${Prompt} key=${name} name=${name} printer=${printer} />`);
}

function Notices() {
  const notices = useModel((model) => model.notices);
  return html`
    <div class="notices" aria-live="polite">
      ${notices.map((one) => html`
        <div class=${`notice ${one.kind}`} key=${one.id} role=${one.kind === "error" ? "alert" : undefined}>
          <span>${one.printer && html`<b>${one.printer}: </b>`}${one.text}</span>
          <${Button} icon="cancel" kind="plain" label=${texts.close} onPress=${() => page.model.dismiss(one.id)} />
        </div>`)}
    </div>`;
}

const SAID_KEPT = 5;

/** What happens to the printers, said to those who do not see their words change; what came just before is not taken back. Nothing
 * is said of how things stood at first. */
function Announcer() {
  const [said, say] = useState([]);
  const known = useRef(null);
  const now = useModel((model) => JSON.stringify(Object.entries(model.house.printers).map(([name, printer]) => [name, happening(printer, model.house.finished[name])])));
  useEffect(() => {
    const before = known.current;
    known.current = Object.fromEntries(JSON.parse(now));
    if (!before) return;
    const news = Object.entries(known.current).flatMap(([name, words]) => {
      const fresh = words.filter((one) => !before[name]?.includes(one));
      return fresh.length ? [`${name}: ${fresh.join(", ")}.`] : [];
    });
    if (news.length) say((earlier) => [...earlier, { id: (earlier.at(-1)?.id ?? 0) + 1, text: news.join(" ") }].slice(-SAID_KEPT));
  }, [now]);
  return html`<div class="unseen announcer" role="log">${said.map((one) => html`<p key=${one.id}>${one.text}</p>`)}</div>`;
}

const happening = (printer, finished) => [
  texts.status[printer.status] ?? printer.status,
  ...(finished && !printer.job ? [`${texts.job.finished[finished.outcome] ?? finished.outcome}, ${finished.file}`] : []),
  ...(printer.recoverable ? [texts.job.recoverTitle] : []),
];
