import { render } from "preact";
import { Client } from "./client.js";
import { Model } from "./model.js";
import { SessionStore } from "./session.js";
import { Settings, applyLook } from "./settings.js";
import { Shell } from "./shell.js";
import { TerminalLog } from "./terminal_log.js";
import { html, page } from "./ui.js";

/** One log for each printer. */
class Terminals {
  #logs = new Map();

  of(printer) {
    if (!this.#logs.has(printer)) this.#logs.set(printer, new TerminalLog());
    return this.#logs.get(printer);
  }

  add(printer, lines) {
    this.of(printer).add(lines);
  }
}

const storage = (name) => {
  try {
    return globalThis[name];
  } catch {
    return { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  }
};

page.model = new Model();
page.terminal = new Terminals();
page.settings = new Settings(storage("localStorage"));
applyLook(page.settings.value.look);
page.client = new Client({
  model: page.model,
  sessions: new SessionStore(storage("sessionStorage"), storage("localStorage")),
  terminal: page.terminal,
});
render(html`<${Shell} />`, document.getElementById("page"));
page.client.begin();
