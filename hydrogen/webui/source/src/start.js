// The connection, begun at once: while the scripts that draw the page are still read, the socket is on its way.

import "./kit.js";
import { Client } from "./client.js";
import { Model } from "./model.js";
import { page } from "./page.js";
import { SessionStore } from "./session.js";
import { Settings, applyLook } from "./settings.js";
import { Terminals } from "./terminal_log.js";

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
page.client.begin();
