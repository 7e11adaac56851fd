// The moves of one layer out of its piece of G-code, as the printer would make them. Pure.
//
// `begin` is a row of the layer index: where the printer stands before the layer, and its modes (1: relative, 2: relative
// extruder, 4: inches, added up). Arcs come as chords of at most a degree of arc or half a millimetre.

const WORD = /([A-Z])\s*([+-]?(?:\d+\.?\d*|\.\d+))/g;
const CHORD_MM = 0.5;

/** The marks of slicers and firmwares, as the service reads them (gcode/analysis/objects.py). */
const BEGIN_OBJECT = /^(?:; ?(?:start )?printing object[, ] ?(.+)|;MESH:(.+)|EXCLUDE_OBJECT_START NAME=([^\s;]+)|M486 S(-?\d+).*)$/i;
const END_OBJECT = /^(?:; ?stop printing object|EXCLUDE_OBJECT_END)/i;

const LINES_AT_ONCE = 500;
const SLICE_MS = 8;

/** A MoveList: points (Float32Array of x0,y0,x1,y1,isLaid), count, offsets (Float64Array, the file's byte behind each move), objects. */
export function readLayer(text, begin, objectNow = "") {
  const reading = readInParts(text, begin, objectNow);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
  }
}

/** The same, in slices that leave room for a frame between them. rest: resolves when it may go on. */
export async function readLayerInSlices(text, begin, rest = breathe) {
  const reading = readInParts(text, begin, "");
  for (let began = performance.now(); ;) {
    const { done, value } = reading.next();
    if (done) return value;
    if (performance.now() - began < SLICE_MS) continue;
    await rest();
    began = performance.now();
  }
}

const breathe = () => new Promise((resolve) => setTimeout(resolve));

function* readInParts(text, begin, objectNow) {
  const machine = {
    x: begin.x ?? 0, y: begin.y ?? 0, z: begin.z_start ?? 0, e: begin.e ?? 0,
    isRelative: Boolean(begin.modes & 1), isRelativeE: Boolean(begin.modes & 2), unit: begin.modes & 4 ? 25.4 : 1,
  };
  const out = new MoveList();
  let [at, offset, object, lines] = [0, begin.offset ?? 0, objectNow, 0];
  while (at < text.length) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    const line = text.slice(at, end);
    offset += line.length + 1;
    object = objectAfter(line, object);
    obey(machine, line, out, offset, object);
    at = end + 1;
    if (++lines % LINES_AT_ONCE === 0) yield;
  }
  return out;
}

class MoveList {
  constructor() {
    this.count = 0;
    this.points = new Float32Array(5 * 1024);
    this.offsets = new Float64Array(1024);
    this.objects = [];
    this.objectOf = new Uint16Array(1024);
    this.low = [Infinity, Infinity];
    this.high = [-Infinity, -Infinity];
  }

  add(x0, y0, x1, y1, isLaid, offset, object) {
    if (this.count === this.offsets.length) this.#grow();
    const at = this.count++;
    this.points.set([x0, y0, x1, y1, isLaid ? 1 : 0], at * 5);
    this.offsets[at] = offset;
    this.objectOf[at] = this.#numberOf(object);
    if (!isLaid) return;
    this.low = [Math.min(this.low[0], x0, x1), Math.min(this.low[1], y0, y1)];
    this.high = [Math.max(this.high[0], x0, x1), Math.max(this.high[1], y0, y1)];
  }

  /** How many moves end at or before this byte of the file. */
  countBefore(offset) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #numberOf(object) {
    let number = this.objects.indexOf(object);
    if (number < 0) number = this.objects.push(object) - 1;
    return number;
  }

  #grow() {
    const wider = (old, size) => {
      const made = new old.constructor(size);
      made.set(old);
      return made;
    };
    this.points = wider(this.points, this.points.length * 2);
    this.offsets = wider(this.offsets, this.offsets.length * 2);
    this.objectOf = wider(this.objectOf, this.objectOf.length * 2);
  }
}

/** Letters with which a line begins that may mark an object; most lines begin with a G. */
const MAY_MARK = new Set([";", "E", "e", "M", "m"]);

function objectAfter(line, object) {
  if (!MAY_MARK.has(line[0])) return object;
  const begun = BEGIN_OBJECT.exec(line);
  if (begun) {
    const id = (begun[1] ?? begun[2] ?? begun[3] ?? begun[4]).trim();
    return id === "-1" || id === "NONMESH" ? "" : id;
  }
  return END_OBJECT.test(line) ? "" : object;
}

function obey(machine, line, out, offset, object) {
  const code = line.split(";", 1)[0].trim().toUpperCase();
  const command = /^(?:N\d+\s*)?([GM])0*(\d+)(?![\d.])/.exec(code);
  if (!command) return;
  const name = command[1] + command[2];
  const words = {};
  WORD.lastIndex = command[0].length;
  for (let word = WORD.exec(code); word; word = WORD.exec(code)) words[word[1]] = Number(word[2]);
  switch (name) {
    case "G0": case "G1": return move(machine, words, out, offset, object);
    case "G2": case "G3": return arc(machine, words, name === "G2", out, offset, object);
    case "G20": machine.unit = 25.4; return undefined;
    case "G21": machine.unit = 1; return undefined;
    case "G90": machine.isRelative = machine.isRelativeE = false; return undefined;
    case "G91": machine.isRelative = machine.isRelativeE = true; return undefined;
    case "M82": machine.isRelativeE = false; return undefined;
    case "M83": machine.isRelativeE = true; return undefined;
    case "G92":
      for (const axis of ["X", "Y", "Z", "E"]) if (axis in words) machine[axis.toLowerCase()] = words[axis] * machine.unit;
      return undefined;
    default: return undefined;
  }
}

function targetOf(machine, words) {
  const along = (axis) => {
    const value = words[axis.toUpperCase()];
    if (value === undefined) return machine[axis];
    const isRelative = axis === "e" ? machine.isRelativeE : machine.isRelative;
    return isRelative ? machine[axis] + value * machine.unit : value * machine.unit;
  };
  return { x: along("x"), y: along("y"), z: along("z"), e: along("e") };
}

function move(machine, words, out, offset, object) {
  const to = targetOf(machine, words);
  if (to.x !== machine.x || to.y !== machine.y) {
    out.add(machine.x, machine.y, to.x, to.y, to.e > machine.e + 1e-6, offset, object);
  }
  Object.assign(machine, to);
}

function arc(machine, words, isClockwise, out, offset, object) {
  const to = targetOf(machine, words);
  const isLaid = to.e > machine.e + 1e-6;
  const centre = centreOf(machine, to, words, isClockwise);
  if (centre) {
    const radius = Math.hypot(machine.x - centre.x, machine.y - centre.y);
    const from = Math.atan2(machine.y - centre.y, machine.x - centre.x);
    let turn = Math.atan2(to.y - centre.y, to.x - centre.x) - from;
    if (isClockwise && turn >= -1e-9) turn -= 2 * Math.PI;
    if (!isClockwise && turn <= 1e-9) turn += 2 * Math.PI;
    const chords = Math.min(360, Math.max(1, Math.ceil((Math.abs(turn) * radius) / CHORD_MM)));
    let [x, y] = [machine.x, machine.y];
    for (let chord = 1; chord <= chords; chord += 1) {
      const angle = from + (turn * chord) / chords;
      const next = chord === chords ? [to.x, to.y] : [centre.x + radius * Math.cos(angle), centre.y + radius * Math.sin(angle)];
      out.add(x, y, next[0], next[1], isLaid, offset, object);
      [x, y] = next;
    }
  }
  Object.assign(machine, to);
}

function centreOf(machine, to, words, isClockwise) {
  if ("I" in words || "J" in words) {
    return { x: machine.x + (words.I ?? 0) * machine.unit, y: machine.y + (words.J ?? 0) * machine.unit };
  }
  const radius = (words.R ?? 0) * machine.unit;
  const [dx, dy] = [to.x - machine.x, to.y - machine.y];
  const distance = Math.hypot(dx, dy);
  if (!radius || !distance) return null;
  const height = Math.sqrt(Math.max(0, radius * radius - (distance * distance) / 4));
  const side = (isClockwise ? -1 : 1) * (radius > 0 ? 1 : -1);
  return { x: (machine.x + to.x) / 2 - (side * height * dy) / distance, y: (machine.y + to.y) / 2 + (side * height * dx) / distance };
}
