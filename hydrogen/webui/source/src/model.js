// What the page knows, as one value that is replaced, never changed; those who look are told at most once a frame, and
// of measurements six times a second: more is no calmer, and costs a phone its battery.

import { emptyHouse } from "./house.js";

const MOST_NOTICES = 4;
const HIDDEN_MS = 250;
const SAMPLE_MS = 150;

const [NOTHING, LATER, SOON] = [0, 1, 2];

export class Model {
  #listeners = new Set();
  #told = NOTHING;
  #timer = 0;
  #nextNotice = 1;

  constructor() {
    this.value = {
      link: "begin", retryAt: 0, signedOutBecause: "", principal: "", scopes: [], expiresAt: null, server: null, status: null,
      house: emptyHouse(), series: new Map(), terminalVersion: 0, notices: [], uploads: [],
    };
    // What waits for a frame would wait until somebody looks again.
    globalThis.document?.addEventListener("visibilitychange", () => document.hidden && this.#tellAll());
  }

  /** isSample: a measurement, of which many come; those who look are told a little later, of all of them at once. */
  set(change, { isSample = false } = {}) {
    this.value = { ...this.value, ...change };
    if (this.#told === SOON || (isSample && this.#told === LATER)) return;
    clearTimeout(this.#timer);
    this.#told = isSample ? LATER : SOON;
    // A hidden tab draws no frames.
    if (isSample || document.hidden) this.#timer = setTimeout(() => this.#tellAll(), document.hidden ? HIDDEN_MS : SAMPLE_MS);
    else requestAnimationFrame(() => this.#tellAll());
  }

  #tellAll() {
    if (this.#told === NOTHING) return;
    this.#told = NOTHING;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Makes those who show `what` (files, queue, jobs) ask again. */
  refresh(what) {
    const { house } = this.value;
    this.set({ house: { ...house, news: { ...house.news, [what]: house.news[what] + 1 } } });
  }

  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A short word to the person, which goes by itself unless it is an error. The same word does not come twice. */
  tell(kind, text, printer = "") {
    const others = this.value.notices.filter((one) => one.text !== text || one.printer !== printer);
    const notice = { id: this.#nextNotice++, kind, text: String(text).slice(0, 400), printer: printer ?? "" };
    this.set({ notices: [...others, notice].slice(-MOST_NOTICES) });
    setTimeout(() => this.dismiss(notice.id), kind === "error" ? 15_000 : 5_000);
  }

  dismiss(id) {
    this.set({ notices: this.value.notices.filter((one) => one.id !== id) });
  }
}
