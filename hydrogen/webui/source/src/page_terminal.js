import "./kit.js";
import { completions, linesOf } from "./terminal_log.js";
import { texts } from "./texts.js";
import { Button, html, order, page, useEffect, useMay, useModel, useRef, useState } from "./ui.js";

const words = texts.terminal;
const MOST_SHOWN = 400;
const MOST_REMEMBERED = 100;

export function TerminalPage({ name }) {
  const may = useMay("control");
  const [search, setSearch] = useState("");
  const [hides, setHides] = useState({ hideTemperatures: page.settings.value.hideTemperatures, hideOk: page.settings.value.hideOk });
  useEffect(() => {
    if (!may) return undefined;
    page.client.listenToTerminal(true);
    return () => page.client.listenToTerminal(false);
  }, [may]);
  if (!may) return html`<div class="page-head"><h1>${words.title}</h1></div><p>${words.notAllowed}</p>`;
  const log = page.terminal.of(name);
  const hide = (change) => {
    page.settings.set(change);
    setHides({ ...hides, ...change });
  };
  const toggle = (key, text) => html`<label class="check"><input type="checkbox" checked=${hides[key]} onChange=${(event) => hide({ [key]: event.target.checked })} /><span>${text}</span></label>`;
  return html`
    <div class="terminal-page">
      <div class="page-head"><h1>${words.title}</h1>
        <input type="search" class="search" placeholder=${words.search} aria-label=${words.search} value=${search} onInput=${(event) => setSearch(event.target.value)} />
        ${toggle("hideTemperatures", words.hideTemperatures)}${toggle("hideOk", words.hideOk)}
        <${Button} icon="copy" kind="small" onPress=${() => copy(log, search, hides)}>${words.copy}<//>
        <${Button} kind="small" onPress=${() => { log.clear(); page.model.set({ terminalVersion: page.model.value.terminalVersion + 1 }); }}>${words.clear}<//></div>
      <${Output} log=${log} search=${search} hides=${hides} />
      <${Input} name=${name} />
    </div>`;
}

const wish = (search, hides, most) => ({ search, hidesTemperatures: hides.hideTemperatures, hidesOk: hides.hideOk, most });

async function copy(log, search, hides) {
  const text = log.shown(wish(search, hides, Infinity)).map((line) => line.text).join("\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyTheOldWay(text); // a page that came over plain HTTP has no clipboard of its own
  }
  page.model.tell("good", words.copied);
}

function copyTheOldWay(text) {
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}

/** One text for all lines, replaced as a whole at most four times a second: never a node for each line. */
function Output({ log, search, hides }) {
  const box = useRef();
  const state = useRef({ follows: true, version: -1, seen: 0 });
  const [missed, setMissed] = useState(0);
  const { hideTemperatures, hideOk } = hides;
  useEffect(() => {
    const now = state.current;
    now.version = -1;
    const draw = () => {
      if (!box.current || document.hidden || now.version === log.version) return;
      const last = log.lines.length ? log.lines[log.lines.length - 1].id : 0;
      if (!now.follows) return setMissed(last - now.seen);
      now.version = log.version;
      now.seen = last;
      const shown = log.shown(wish(search, { hideTemperatures, hideOk }, MOST_SHOWN));
      box.current.textContent = shown.length ? shown.map((line) => line.text).join("\n") : words.none;
      box.current.scrollTop = box.current.scrollHeight;
      return setMissed(0);
    };
    draw();
    const timer = setInterval(draw, 250);
    return () => clearInterval(timer);
  }, [log, search, hideTemperatures, hideOk]);
  const scrolled = () => {
    if (!box.current) return;
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    state.current.follows = scrollHeight - scrollTop - clientHeight < 24;
  };
  const follow = () => {
    state.current.follows = true;
    state.current.version = -1;
    box.current.scrollTop = box.current.scrollHeight;
  };
  return html`
    <div class="terminal"><pre ref=${box} class="lines" tabindex="0" role="log" aria-label=${words.output} aria-live="off" onScroll=${scrolled} />
      ${missed > 0 && html`<button type="button" class="button small missed" onClick=${follow}>${words.paused(missed)}</button>`}</div>`;
}

function Input({ name }) {
  const [typed, setTyped] = useState("");
  const memory = useRef({ lines: [], at: 0 });
  const offered = completions(typed, memory.current.lines);
  const send = async (event) => {
    event.preventDefault();
    const lines = linesOf(typed);
    if (!lines.length) return;
    setTyped("");
    const kept = memory.current;
    kept.lines = [...kept.lines.filter((line) => line !== typed), typed].slice(-MOST_REMEMBERED);
    kept.at = kept.lines.length;
    await order("printer.send_gcode", { lines }, name);
  };
  const press = (event) => {
    const kept = memory.current;
    if (event.key === "Tab" && offered.length && !event.shiftKey) {
      event.preventDefault();
      setTyped(offered[0]);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      kept.at = Math.min(kept.lines.length, Math.max(0, kept.at + (event.key === "ArrowUp" ? -1 : 1)));
      setTyped(kept.lines[kept.at] ?? "");
    }
  };
  return html`
    ${offered.length > 0 && html`<div class="offers" role="group" aria-label=${words.input}>${offered.map((one) => html`<button type="button" class="button small" onClick=${() => setTyped(one)}>${one}</button>`)}</div>`}
    <form class="terminal-input" onSubmit=${send}>
      <input value=${typed} onInput=${(event) => setTyped(event.target.value)} onKeyDown=${press} placeholder=${words.placeholder} aria-label=${words.input} autocomplete="off" autocapitalize="characters" spellcheck=${false} enterkeyhint="send" />
      <button class="button primary" type="submit"><span>${words.send}</span></button>
    </form>`;
}
