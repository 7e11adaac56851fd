// The terminal's lines: bounded, filtered, searched; and what can be typed. Pure.

export const MOST_LINES = 2000;

export const COMMANDS = [
  "G0 X Y Z", "G1 X Y Z E F", "G4 S", "G28", "G28 X Y", "G29", "G90", "G91", "G92 E0", "M17", "M18", "M20", "M31", "M42 P S", "M73",
  "M82", "M83", "M84", "M92", "M104 S", "M105", "M106 S", "M107", "M108", "M109 S", "M112", "M114", "M115", "M117", "M118",
  "M119", "M140 S", "M155 S", "M190 S", "M201", "M203", "M204", "M205", "M206", "M211", "M220 S", "M221 S", "M290 Z", "M300",
  "M301", "M303 E0 S200 C8", "M400", "M410", "M412", "M420 S1", "M500", "M501", "M502", "M503", "M600", "M851 Z", "M876 S", "M900 K",
];

const TEMPERATURE = /(^> (N\d+ )?M105\b)|(^< (ok )?\s*[TB]\d*:)|(^< ok N\d+ P\d+ B\d+)/;
const PLAIN_OK = /^< ok\b(?!.*[A-Z]\w*:\s*-?\d)/;

export class TerminalLog {
  #next = 1;

  constructor() {
    this.lines = [];
    this.version = 0;
  }

  add(texts) {
    for (const text of texts) this.lines.push({ id: this.#next++, text: String(text).slice(0, 500) });
    if (this.lines.length > MOST_LINES) this.lines.splice(0, this.lines.length - MOST_LINES);
    this.version += 1;
  }

  clear() {
    this.lines = [];
    this.version += 1;
  }

  /** The last `most` lines that are wanted. search: plain text, case does not count. */
  shown({ search = "", hidesTemperatures = false, hidesOk = false, most = 500 }) {
    const wanted = search.toLowerCase();
    const found = this.lines.filter(({ text }) =>
      !(hidesTemperatures && TEMPERATURE.test(text)) && !(hidesOk && PLAIN_OK.test(text)) &&
      (!wanted || text.toLowerCase().includes(wanted)));
    return found.slice(-most);
  }
}

/** One log for each printer. */
export class Terminals {
  #logs = new Map();

  of(printer) {
    if (!this.#logs.has(printer)) this.#logs.set(printer, new TerminalLog());
    return this.#logs.get(printer);
  }

  add(printer, lines) {
    this.of(printer).add(lines);
  }

  forget() {
    this.#logs.clear();
  }
}

/** What could be meant, what was typed before first. */
export function completions(typed, history, most = 8) {
  const begin = typed.trim().toUpperCase();
  if (!begin) return [];
  const known = [...history].reverse().concat(COMMANDS);
  const fits = known.filter((line) => line.toUpperCase().startsWith(begin) && line.toUpperCase() !== begin);
  return [...new Set(fits)].slice(0, most);
}

/** Lines of a text box, as the printer gets them: no blanks around, none that are empty. */
export const linesOf = (text) => text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
