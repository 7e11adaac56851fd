// Turns for what a page asks by itself. Commands are limited for all that one key does: what is asked only to be looked at must
// leave room for what a person wants.

export class Turns {
  #waiting = new Set();
  #timer = 0;

  /** So many at once, and one more every `everyMs`. */
  constructor(atOnce, everyMs) {
    this.atOnce = atOnce;
    this.everyMs = everyMs;
    this.room = atOnce;
  }

  /** Calls `work` when its turn comes. Returns what gives the turn up. */
  take(work) {
    const turn = { work };
    this.#waiting.add(turn);
    this.#serve();
    return () => this.#waiting.delete(turn);
  }

  #serve() {
    for (const turn of this.#waiting) {
      if (this.room === 0) break;
      this.#waiting.delete(turn);
      this.room -= 1;
      turn.work();
    }
    if (!this.#timer && this.room < this.atOnce) this.#timer = setInterval(() => this.#grow(), this.everyMs);
  }

  #grow() {
    this.room = Math.min(this.atOnce, this.room + 1);
    this.#serve();
    if (this.room < this.atOnce) return;
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}
