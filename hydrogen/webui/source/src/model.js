// What the page knows, as one value that is replaced, never changed; those who look are told at most once a frame.

import { emptyHouse } from "./house.js";

const MOST_NOTICES = 4;

export class Model {
  #listeners = new Set();
  #isTold = true;
  #nextNotice = 1;

  constructor() {
    this.value = {
      link: "begin", retryAt: 0, signedOutBecause: "", principal: "", scopes: [], expiresAt: null, server: null, status: null,
      house: emptyHouse(), series: new Map(), terminalVersion: 0, notices: [], uploads: [],
    };
  }

  set(change) {
    this.value = { ...this.value, ...change };
    if (!this.#isTold) return;
    this.#isTold = false;
    const tell = () => {
      if (this.#isTold) return;
      this.#isTold = true;
      for (const listener of [...this.#listeners]) listener();
    };
    // A hidden tab draws no frames.
    if (document.hidden) setTimeout(tell, 250);
    else requestAnimationFrame(tell);
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
