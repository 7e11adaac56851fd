// The only way to the service: its public WebSocket and HTTP. Keeps a connection as long as there is a session, resumes where it
// was, and applies what comes to the model. Nothing here knows what is shown.

import { waitBefore } from "./backoff.js";
import { apply, emptyHouse, sinceOf, unheardEnds, withEnd } from "./house.js";
import { Series, seriesName } from "./series.js";
import { socketAddress } from "./session.js";
import { Turns } from "./turns.js";

const SILENCE_MS = 20_000;
const PING_MS = 8_000;
const COMMAND_MS = 90_000;
const TOPICS = ["printer", "temperature", "job", "error", "file", "host", "link", "queue", "system"];

/** What is measured again and again. */
const SAMPLES = new Set(["temperature.measured", "sensor.measured", "job.progressed", "printer.position_reported", "printer.message_shown", "host.measured", "link.measured"]);

export class Refused extends Error {
  /** What the service (or the way to it) refused: `code`, `message`, `details`, HTTP `status` if there is one. */
  constructor({ code, message, details = {}, status = 0 }) {
    super(message);
    Object.assign(this, { code, details, status });
  }
}

const lost = () => new Refused({ code: "connection_lost", message: "the connection was lost before the answer came" });

export class Client {
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #pulse = 0;
  #heardAt = 0;
  #pending = new Map();
  #next = 1;
  #token = "";
  #connecting = 0;
  #turns = new Turns(20, 100);
  #wantsTerminal = false;

  /** model: `set(change)`, `value`. sessions: a SessionStore. */
  constructor({ model, sessions, terminal, base = document.baseURI }) {
    this.model = model;
    this.sessions = sessions;
    this.terminal = terminal;
    this.base = base;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Goes on with a session that is kept; otherwise the model says `signed_out`. */
  begin() {
    const session = this.sessions.read();
    if (!session) return this.model.set({ link: "signed_out" });
    this.#token = session.token;
    return this.#connect();
  }

  /** Raises Refused (`auth_failed`, `rate_limited` …). While connected it renews the session in place. */
  async signIn(key, isRemembered) {
    const session = await this.http("POST", "api/auth/session", { json: { key }, isOpen: true });
    const kept = { token: session.token, expiresAt: session.expires_at };
    this.#token = kept.token;
    this.sessions.keep(kept, isRemembered);
    this.model.set({ signedOutBecause: "", expiresAt: null });
    if (this.#socket?.readyState === WebSocket.OPEN) {
      try {
        return await this.#authenticate();
      } catch { /* another caller's key: a connection of its own */ }
    }
    this.#drop();
    this.#forget();
    this.#attempt = 0;
    return this.#connect();
  }

  async signOut() {
    const ending = this.http("DELETE", "api/auth/session").catch(() => undefined);
    const { uploads } = this.model.value;
    this.model.set({ uploads: [] });
    for (const one of uploads) one.request?.abort();
    this.#end("");
    await ending;
  }

  /** Asks the service to do something. Resolves with the result, rejects with Refused. */
  command(operation, params = {}, { printer, isRepeatable = false } = {}) {
    const frame = { type: "command", operation, params, ...(printer ? { printer } : {}) };
    if (!isRepeatable) frame.idempotency_key = crypto.getRandomValues(new Uint32Array(4)).join("-").padEnd(16, "0");
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#ask(frame);
    return Promise.reject(new Refused({ code: "connection_lost", message: "there is no connection to the service now" }));
  }

  /** By every way there is: the socket if it is open, and HTTP if that does not answer at once. */
  async emergencyStop(printer) {
    const body = { ...(printer ? { printer } : {}), params: {} };
    const overHttp = () => this.http("POST", "api/operations/printer.emergency_stop", { json: body });
    if (this.#socket?.readyState !== WebSocket.OPEN) return overHttp();
    const bySocket = this.#ask({ type: "command", operation: "printer.emergency_stop", ...body });
    const late = new Promise((resolve) => setTimeout(resolve, 1500, null));
    const first = await Promise.race([bySocket.catch(() => null), late]);
    return first ?? overHttp();
  }

  /** path: relative to the page. Resolves with JSON, or the Response where `isRaw`. */
  async http(method, path, { json, headers = {}, isRaw = false, isOpen = false } = {}) {
    const told = { ...headers };
    if (!isOpen && this.#token) told.Authorization = `Bearer ${this.#token}`;
    if (json !== undefined) told["Content-Type"] = "application/json";
    const asked = { method, headers: told, credentials: "omit", cache: isRaw ? "default" : "no-store" };
    if (json !== undefined) asked.body = JSON.stringify(json);
    let answer;
    try {
      answer = await fetch(new URL(path, this.base), asked);
    } catch {
      throw new Refused({ code: "service_unreachable", message: "the service does not answer" });
    }
    if (isRaw && answer.ok) return answer;
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return body;
    throw new Refused({ code: "server_error", message: `HTTP ${answer.status}`, ...body.error, status: answer.status });
  }

  /** Sends a file with progress (0 to 1). Resolves with the service's answer; `abort()` of the returned `request` ends it. */
  upload(path, file, query, onProgress) {
    const request = new XMLHttpRequest();
    const done = new Promise((resolve, reject) => {
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onload = () => {
        const body = parsed(request.responseText);
        if (request.status < 300) return resolve(body);
        return reject(new Refused({ code: "server_error", message: `HTTP ${request.status}`, ...body.error, status: request.status }));
      };
      request.onerror = () => reject(new Refused({ code: "service_unreachable", message: "the upload broke off" }));
      request.onabort = () => reject(new Refused({ code: "cancelled", message: "the upload was cancelled" }));
      const { isNewOnly, ...asked } = query;
      const place = path.split("/").map(encodeURIComponent).join("/");
      request.open("PUT", new URL(`api/storage/${place}?${new URLSearchParams(asked)}`, this.base));
      request.setRequestHeader("Authorization", `Bearer ${this.#token}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      if (isNewOnly) request.setRequestHeader("If-None-Match", "*");
      request.send(file);
    });
    return { request, done };
  }

  /** The terminal's lines flow only while somebody looks. */
  listenToTerminal(isWanted) {
    this.#wantsTerminal = isWanted;
    this.#subscribe();
  }

  /** Tries at once, where the next attempt would come later. */
  hurry() {
    if (this.model.value.link !== "waiting") return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  async #connect() {
    clearTimeout(this.#timer);
    const mine = ++this.#connecting;
    this.model.set({ link: "connecting" });
    try {
      const [info, ticket] = await Promise.all([
        this.http("GET", "api/system/info"),
        this.http("POST", "api/auth/ticket"),
      ]);
      if (mine === this.#connecting) this.#open(info, ticket.ticket);
    } catch (error) {
      if (mine !== this.#connecting) return; // the person has signed out meanwhile, or come with another key
      if (error.status === 401 || error.status === 403) this.#end(error.code);
      else this.#retry();
    }
  }

  #open(info, ticket) {
    const ports = { web: info.services.webserver.port, websocket: info.services.websocket.port };
    this.model.set({ server: info.version });
    const address = socketAddress(location, ports, ticket, sinceOf(this.model.value.house));
    const socket = new WebSocket(address, "hydrogen-protocol");
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (message) => socket === this.#socket && this.#hear(JSON.parse(message.data));
    socket.onclose = () => socket === this.#socket && this.#retry();
  }

  #opened(socket) {
    this.#attempt = 0;
    clearInterval(this.#pulse);
    this.#pulse = setInterval(() => {
      if (Date.now() - this.#heardAt > SILENCE_MS) return this.#retry();
      return socket.readyState === WebSocket.OPEN && this.#ask({ type: "ping" }).catch(() => undefined);
    }, PING_MS);
    this.#authenticate().then(() => this.#wantsTerminal && this.#subscribe()).catch(() => undefined);
  }

  async #authenticate() {
    const told = await this.#ask({ type: "authenticate", token: this.#token });
    this.model.set({ principal: told.principal, scopes: told.scopes, expiresAt: null });
  }

  #subscribe() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const may = (this.model.value.scopes ?? []).includes("control");
    const topics = this.#wantsTerminal && may ? [...TOPICS, "terminal"] : TOPICS;
    this.#ask({ type: "subscribe", topics }).catch(() => undefined);
  }

  #ask(frame) {
    const id = `c${this.#next++}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#answer(id, null, lost()), COMMAND_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...frame, id }));
    });
  }

  #answer(id, value, error) {
    const waiting = this.#pending.get(id);
    if (!waiting) return;
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(error);
    else waiting.resolve(value);
  }

  #hear(frame) {
    this.#heardAt = Date.now();
    switch (frame.type) {
      case "result": return this.#answer(frame.id, frame.result);
      case "error": return frame.id ? this.#answer(frame.id, null, new Refused(frame.error)) : undefined;
      case "authenticated": case "pong": return this.#answer(frame.id, frame);
      case "auth.expiring": return this.model.set({ expiresAt: frame.expires_at });
      case "terminal.line": return this.#hearTerminal(frame);
      case "status": return this.model.set({ status: frame });
      default: return this.#hearTruth(frame);
    }
  }

  #hearTerminal(frame) {
    this.terminal.add(frame.printer, frame.lines);
    this.model.set({ terminalVersion: this.model.value.terminalVersion + 1 }, { isSample: true });
  }

  #hearTruth(frame) {
    if (frame.type === "subscribed" && frame.id) this.#answer(frame.id, frame);
    const before = this.model.value.house;
    const house = apply(before, frame);
    if (frame.type === "temperature.measured") this.#keepTemperature(frame);
    if (frame.type === "sensor.measured") this.#keepSensor(frame);
    if (frame.type === "error.raised") this.model.tell("error", frame.error.message, frame.printer);
    const isLive = frame.type === "snapshot" || frame.type === "subscribed";
    this.model.set({ house, ...(isLive ? { link: "live" } : {}) }, { isSample: SAMPLES.has(frame.type) });
    if (frame.type === "snapshot" || (frame.type === "subscribed" && frame.resumed)) this.#fetchTemperatures();
    if (frame.type === "snapshot") this.#fetchEnds(before, house);
    if (frame.type === "printer.attached") this.#fetchTemperatures(frame.printer);
  }

  #keepTemperature(frame) {
    const at = Date.parse(frame.at) / 1000;
    this.seriesOf(frame.printer).add(at, frame.heater, frame.actual_celsius, frame.target_celsius);
  }

  /** Sensors in degrees stand beside the heaters of their printer; those of the house beside all. */
  #keepSensor(frame) {
    if (frame.unit !== "celsius") return;
    const at = Date.parse(frame.at) / 1000;
    const owner = this.model.value.house.sensors[frame.sensor]?.printer;
    for (const printer of owner ? [owner] : Object.keys(this.model.value.house.printers)) {
      this.seriesOf(printer).add(at, seriesName(frame.sensor), frame.value, null);
    }
  }

  /** The temperatures of a printer, for the graph; always the same object. */
  seriesOf(printer) {
    const { series } = this.model.value;
    if (!series.has(printer)) series.set(printer, new Series());
    return series.get(printer);
  }

  async #fetchTemperatures(only) {
    const socket = this.#socket;
    const sensors = new Map(); // those of the house stand beside every printer, and are asked for once
    for (const printer of only ? [only] : Object.keys(this.model.value.house.printers)) {
      await this.#turn();
      if (socket !== this.#socket) return;
      try {
        const told = await this.command("temperature.history", {}, { printer, isRepeatable: true });
        this.seriesOf(printer).fill({ ...told.heaters, ...await this.#sensorHistory(printer, sensors) });
        this.model.set({});
      } catch { /* the graph begins with what comes */ }
    }
  }

  /** What came to its end while there was no connection. */
  async #fetchEnds(before, house) {
    for (const [name, job] of Object.entries(unheardEnds(before, house))) {
      try {
        const told = await this.command("job.show", { job }, { isRepeatable: true });
        this.model.set({ house: withEnd(this.model.value.house, name, told.job) });
      } catch { /* nobody knows the job any more */ }
    }
  }

  #turn() {
    return new Promise((resolve) => this.#turns.take(resolve));
  }

  async #sensorHistory(printer, known) {
    const found = {};
    for (const [name, sensor] of Object.entries(this.model.value.house.sensors)) {
      if (sensor.unit !== "celsius" || ![null, printer].includes(sensor.printer ?? null)) continue;
      if (!known.has(name)) {
        await this.#turn();
        known.set(name, await this.command("sensor.history", { sensor: name }, { isRepeatable: true }));
      }
      const told = known.get(name);
      found[seriesName(name)] = { at: told.at, actual_celsius: told.value, target_celsius: told.value.map(() => null) };
    }
    return found;
  }

  #retry() {
    this.#drop();
    const delay = waitBefore(this.#attempt++, Math.random());
    this.model.set({ link: "waiting", retryAt: Date.now() + delay });
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  #end(because) {
    this.#drop();
    clearTimeout(this.#timer);
    this.#token = "";
    this.sessions.forget();
    this.#forget();
    this.model.set({ link: "signed_out", signedOutBecause: because, principal: "", scopes: [], expiresAt: null });
  }

  /** What was told to one person is not shown to the next, who may be allowed to see less. */
  #forget() {
    this.terminal.forget();
    this.model.set({ house: emptyHouse(), series: new Map(), notices: [] });
  }

  #drop() {
    this.#connecting += 1;
    const socket = this.#socket;
    this.#socket = null;
    clearInterval(this.#pulse);
    socket?.close();
    for (const id of [...this.#pending.keys()]) this.#answer(id, null, lost());
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
