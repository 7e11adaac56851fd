// Draws a layer's moves on a canvas. What does not change is drawn once into a picture; the head and what was done are drawn over.

const MARGIN = 0.06;

/** Moves of one path: a browser takes longer for one long path than for many short ones. */
const MOST_IN_PATH = 256;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How millimetres become pixels: the middle of the plastic in the middle of the canvas; Y goes up. */
export function viewOf(low, high, width, height) {
  const [wide, deep] = [Math.max(1, high[0] - low[0]), Math.max(1, high[1] - low[1])];
  const scale = Math.min(width / (wide * (1 + 2 * MARGIN)), height / (deep * (1 + 2 * MARGIN)));
  return {
    scale,
    left: width / 2 - ((low[0] + high[0]) / 2) * scale,
    top: height / 2 + ((low[1] + high[1]) / 2) * scale,
  };
}

export class LayerCanvas {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.still = document.createElement("canvas");
    this.key = "";
  }

  /** moves: of readLayer. bounds: {low, high} in mm. done: so many moves are behind (null: all). head: {x, y} or null. */
  draw({ moves, bounds, done, head, hasTravel, chosen, left = [], key, zoom = 1, shift = [0, 0] }) {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
    if (!width || !height) return;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      Object.assign(this.still, { width, height });
      this.key = "";
    }
    const fit = viewOf(bounds.low, bounds.high, width, height);
    const view = {
      scale: fit.scale * zoom,
      left: width / 2 + (fit.left - width / 2) * zoom + shift[0] * ratio,
      top: height / 2 + (fit.top - height / 2) * zoom + shift[1] * ratio,
    };
    this.view = { ...view, ratio };
    const wanted = JSON.stringify([key, width, height, view, hasTravel, chosen, left]);
    if (this.key !== wanted) {
      this.key = wanted;
      this.#drawStill(moves, view, { hasTravel, chosen, left });
    }
    this.context.clearRect(0, 0, width, height);
    this.context.globalAlpha = done === null ? 1 : 0.3;
    this.context.drawImage(this.still, 0, 0);
    this.context.globalAlpha = 1;
    if (done !== null) this.#stroke(this.context, moves, view, { from: 0, to: done, isLaid: 1, colour: style("--accent") });
    if (head) this.#drawHead(head, view, ratio);
  }

  #drawStill(moves, view, { hasTravel, chosen, left }) {
    const context = this.still.getContext("2d");
    context.clearRect(0, 0, this.still.width, this.still.height);
    this.#drawGrid(context, view);
    if (hasTravel) this.#stroke(context, moves, view, { isLaid: 0, colour: style("--travel"), thin: true });
    this.#stroke(context, moves, view, { isLaid: 1, colour: style("--laid") });
    for (const one of left) this.#stroke(context, moves, view, { isLaid: 1, colour: style("--line"), object: moves.objects.indexOf(one) });
    if (chosen) this.#stroke(context, moves, view, { isLaid: 1, colour: style("--warn"), object: moves.objects.indexOf(chosen) });
  }

  #drawGrid(context, view) {
    context.strokeStyle = style("--line");
    context.lineWidth = 1;
    const every = view.scale > 12 ? 5 : view.scale > 3 ? 10 : 50;
    const [x0, x1] = [-view.left / view.scale, (this.still.width - view.left) / view.scale];
    const [y0, y1] = [(view.top - this.still.height) / view.scale, view.top / view.scale];
    context.beginPath();
    for (let x = Math.ceil(x0 / every) * every; x <= x1; x += every) {
      context.moveTo(view.left + x * view.scale, 0);
      context.lineTo(view.left + x * view.scale, this.still.height);
    }
    for (let y = Math.ceil(y0 / every) * every; y <= y1; y += every) {
      context.moveTo(0, view.top - y * view.scale);
      context.lineTo(this.still.width, view.top - y * view.scale);
    }
    context.stroke();
  }

  #stroke(context, moves, view, { from = 0, to = moves.count, isLaid, colour, thin = false, object = null }) {
    const { points, objectOf } = moves;
    context.strokeStyle = colour;
    context.lineWidth = thin ? 1 : Math.min(8, Math.max(1, 0.42 * view.scale));
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    let [x, y, inPath] = [NaN, NaN, 0];
    for (let move = from; move < to; move += 1) {
      const at = move * 5;
      if (points[at + 4] !== isLaid || (object !== null && objectOf[move] !== object)) continue;
      if (points[at] !== x || points[at + 1] !== y) context.moveTo(view.left + points[at] * view.scale, view.top - points[at + 1] * view.scale);
      [x, y] = [points[at + 2], points[at + 3]];
      context.lineTo(view.left + x * view.scale, view.top - y * view.scale);
      if (++inPath % MOST_IN_PATH) continue;
      context.stroke();
      context.beginPath();
      x = NaN;
    }
    context.stroke();
  }

  #drawHead(head, view, ratio) {
    const [x, y] = [view.left + head.x * view.scale, view.top - head.y * view.scale];
    this.context.beginPath();
    this.context.arc(x, y, 6 * ratio, 0, 2 * Math.PI);
    this.context.fillStyle = style("--bad");
    this.context.fill();
    this.context.lineWidth = 2 * ratio;
    this.context.strokeStyle = style("--surface");
    this.context.stroke();
  }

  /** The object of the plastic nearest to a place on the canvas (CSS pixels), "" where nothing is near. */
  objectAt(moves, px, py) {
    const { view } = this;
    if (!view) return "";
    const [x, y] = [(px * view.ratio - view.left) / view.scale, (view.top - py * view.ratio) / view.scale];
    let [best, found] = [(12 * view.ratio) / view.scale, ""];
    for (let move = 0; move < moves.count; move += 1) {
      const [x0, y0, x1, y1, isLaid] = moves.points.subarray(move * 5, move * 5 + 5);
      if (!isLaid) continue;
      const far = distance(x, y, x0, y0, x1, y1);
      if (far < best) [best, found] = [far, moves.objects[moves.objectOf[move]]];
    }
    return found;
  }
}

function distance(x, y, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx || dy ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}
