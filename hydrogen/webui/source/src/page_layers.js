import "./kit.js";
import { LayerCanvas } from "./canvas.js";
import { baseName, count as grouped, duration, percent } from "./format.js";
import { newsOf } from "./house.js";
import { readLayer, readLayerInSlices } from "./layer.js";
import { texts } from "./texts.js";
import { Button, Card, Empty, Icon, SureButton, html, order, page, useAnswer, useEffect, useMay, useModel, useRef, useState } from "./ui.js";

const words = texts.layers;
const MOST_BYTES = 8 * 1024 * 1024;
const COLUMNS = ["offset", "end", "x", "y", "z_start", "e", "modes"];

export function LayersPage({ name, rest }) {
  const job = useModel((model) => model.house.printers[name]?.job ?? null);
  const finished = useModel((model) => model.house.finished[name]?.file);
  const file = rest[1] || job?.file || finished || "";
  const news = useModel((model) => newsOf(model.house, file));
  const live = useModel((model) => model.link === "live");
  const known = useAnswer(() => (file ? describe(file, name) : Promise.resolve(null)), [file, name, news, live]).value;
  if (!file) return html`<div class="page-head"><h1>${words.title}</h1></div><${Empty} level=${2} icon="layers" title=${words.none}>${words.noneText}<//><div class="row centre"><a class="button" href="#/files">${words.choose}</a></div>`;
  return html`
    <div class="page-head"><h1>${words.title}</h1><span class="told-file" title=${file}>${baseName(file)}</span><span class="space" /><a class="button small" href="#/files"><${Icon} name="files" /><span>${words.choose}</span></a></div>
    ${!known ? html`<p class="loading">${texts.loading}</p>` : known.index ? html`<${Viewer} key=${known.info.sha256} name=${name} known=${known} job=${job?.file === file ? job : null} />` : html`<p class="told">${known.info.reason || words.notReady}</p>`}`;
}

async function describe(file, printer) {
  const info = await page.client.command("file.info", { file }, { printer, isRepeatable: true });
  if (info.state !== "ready") return { file, info, index: null };
  const index = await page.client.http("GET", `api/analysis/${info.sha256}/layers?printer=${encodeURIComponent(printer)}`);
  return { file, info, index };
}

/** The bytes of one layer, as a Range of the file; latin-1, so that a character is a byte. */
async function fetchLayer(file, index, number) {
  const [offset, end] = [index.offset[number - 1], index.end[number - 1]];
  if (end - offset > MOST_BYTES) throw new Error(words.tooLong);
  const begin = Object.fromEntries(COLUMNS.map((column) => [column, index[column]?.[number - 1]]));
  if (end <= offset) return readLayer("", begin);
  const path = `api/storage/${file.split("/").map(encodeURIComponent).join("/")}`;
  const answer = await page.client.http("GET", path, { headers: { Range: `bytes=${offset}-${end - 1}` }, isRaw: true });
  let bytes = await answer.arrayBuffer();
  if (answer.status === 200) bytes = bytes.slice(offset, end);
  return readLayerInSlices(new TextDecoder("latin1").decode(bytes), begin);
}

const PATIENCE_MS = 500;

/** The moves of a layer. One is fetched at a time, and the one that is wanted then comes next: who drags the slider through a whole
 * file sees as many layers as the service and the page can bring, and asks for no more than these. */
function useLayer(file, index, layer) {
  const [state, setState] = useState({ moves: undefined, error: null });
  const now = useRef({ wanted: layer, isBusy: false, isGone: false }).current;
  const bring = async (number) => {
    try {
      const moves = { layer: number, read: await fetchLayer(file, index, number) };
      if (!now.isGone) setState({ moves, error: null });
    } catch (error) {
      if (error.code === "rate_limited") {
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
        return bring(now.wanted);
      }
      if (!now.isGone) setState((before) => ({ ...before, error }));
    }
    return number;
  };
  useEffect(() => {
    now.wanted = layer;
    if (now.isBusy) return;
    now.isBusy = true;
    (async () => {
      let brought = 0;
      while (brought !== now.wanted && !now.isGone) brought = await bring(now.wanted);
      now.isBusy = false;
    })();
  }, [layer]);
  useEffect(() => () => { now.isGone = true; }, []);
  return state;
}

function Viewer({ name, known, job }) {
  const { file, info, index } = known;
  const count = index.offset.length;
  const [follows, setFollows] = useState(Boolean(job));
  const [chosen, setChosen] = useState(1);
  const [hasTravel, setTravel] = useState(false);
  const [object, setObject] = useState("");
  const current = job?.bytes_done ? layerAt(index, job.bytes_done) : job?.layer || 1;
  const layer = Math.min(count, Math.max(1, follows && job ? current : chosen));
  const { moves, error } = useLayer(file, index, layer);
  const choose = (number) => {
    setFollows(false);
    setChosen(Math.min(count, Math.max(1, number)));
  };
  const objects = info.analysis?.objects ?? [];
  const told = [words.of(layer, count), words.height((index.z?.[layer - 1] ?? 0).toFixed(2)), duration(index.seconds?.[layer - 1]), `${grouped(index.moves?.[layer - 1] ?? 0)} ${words.moves}`];
  return html`
    <div class="viewer">
      <${Card} title=${words.canvas} class="view" actions=${html`
        <label class="check"><input type="checkbox" checked=${hasTravel} onChange=${(event) => setTravel(event.target.checked)} /><span>${words.travel}</span></label>
        ${job && html`<label class="check"><input type="checkbox" checked=${follows} onChange=${(event) => { setChosen(layer); setFollows(event.target.checked); }} /><span>${words.follow}</span></label>`}`}>
        ${error && html`<p class="refusal">${error.message}</p>`}
        <${Drawing} name=${name} info=${info} moves=${moves} layer=${layer} told=${told} job=${job} hasTravel=${hasTravel} object=${object} onObject=${setObject} />
        <div class="scrub">
          <${Button} icon="down" label=${words.down} disabled=${layer <= 1} onPress=${() => choose(layer - 1)} />
          <input type="range" min="1" max=${count} value=${layer} aria-label=${words.layer} aria-valuetext=${told.slice(0, 2).join(", ")} onInput=${(event) => choose(Number(event.target.value))} />
          <${Button} icon="up" label=${words.up} disabled=${layer >= count} onPress=${() => choose(layer + 1)} />
        </div>
        <p class="hint layer-told">${told.join(" · ")}</p>
      <//>
      ${objects.length > 0 && html`
        <${Objects} name=${name} objects=${objects} job=${job} chosen=${object} onChoose=${setObject} />`}
    </div>`;
}

/** Kinds of marks that a firmware acts on. */
const BY_FIRMWARE = new Set(["m486", "exclude"]);

/** What the file prints, one by one; those of a print that runs can be left out where the firmware does it. */
function Objects({ name, objects, job, chosen, onChoose }) {
  const may = useMay("print");
  const out = new Set(job?.excluded_objects ?? []);
  const picked = objects.find((one) => one.id === chosen);
  const canExclude = may && job && picked && BY_FIRMWARE.has(picked.kind) && !out.has(picked.id) && objects.length - out.size > 1;
  const exclude = () => order("job.exclude_object", { object: picked.id }, name);
  return html`
    <${Card} title=${words.objects}>
      <ul class="objects">${objects.map((one) => html`
        <li key=${one.id}><button type="button" class=${`button small ${out.has(one.id) ? "out" : ""}`} aria-pressed=${chosen === one.id} onClick=${() => onChoose(chosen === one.id ? "" : one.id)}>${one.name || one.id}</button>
          <span class="hint">${out.has(one.id) ? words.excluded : duration(one.seconds)}</span></li>`)}</ul>
      ${canExclude && html`<div class="row"><${SureButton} icon="cancel" kind="danger" sure=${words.excludeSure} onPress=${exclude}>${words.exclude(picked.name || picked.id)}<//></div>`}
      ${may && job && picked && !BY_FIRMWARE.has(picked.kind) && html`<p class="hint">${words.notByFirmware}</p>`}
    <//>`;
}

/** The layer in which a byte of the file lies, from 1. */
function layerAt(index, offset) {
  let [low, high] = [0, index.offset.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (index.offset[middle] <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}

/** What the layers that were looked at cover together, so that the picture does not jump from layer to layer. */
function widened(bounds, moves) {
  if (!Number.isFinite(moves.low[0])) return bounds ?? { low: [0, 0], high: [200, 200] };
  if (!bounds) return { low: moves.low, high: moves.high };
  return { low: bounds.low.map((one, axis) => Math.min(one, moves.low[axis])), high: bounds.high.map((one, axis) => Math.max(one, moves.high[axis])) };
}

const ZOOMS = { low: 1, high: 40 };

function Drawing({ name, info, moves, layer, told, job, hasTravel, object, onObject }) {
  const canvas = useRef();
  const drawer = useRef();
  const look = useRef({ zoom: 1, shift: [0, 0], grip: null });
  const position = useModel((model) => model.house.printers[name]?.position);
  const isHere = job && moves?.layer === layer;
  const done = isHere ? moves.read.countBefore(job.bytes_done) : null;
  const at = isHere && done > 0 ? moves.read.points.subarray((done - 1) * 5 + 2, (done - 1) * 5 + 4) : null;
  const head = at ? { x: at[0], y: at[1] } : isHere && position && typeof position.x_mm === "number" ? { x: position.x_mm, y: position.y_mm } : null;
  const inWords = [words.canvas, ...told, isHere && words.done(percent(done / Math.max(1, moves.read.count))), head && words.nozzle(head.x.toFixed(0), head.y.toFixed(0))];
  const draw = () => {
    if (!moves || !canvas.current) return;
    drawer.current ??= new LayerCanvas(canvas.current);
    drawer.current.draw({
      moves: moves.read, bounds: (look.current.bounds = widened(look.current.bounds, moves.read)), done, head, hasTravel, chosen: object, left: job?.excluded_objects ?? [],
      key: `${info.sha256} ${moves.layer} ${document.documentElement.dataset.look ?? ""}`, zoom: look.current.zoom, shift: look.current.shift,
    });
    canvas.current.dataset.drawn = moves.layer;
  };
  const latest = useRef();
  latest.current = draw;
  useEffect(() => { requestAnimationFrame(() => latest.current()); });
  useEffect(() => {
    const size = new ResizeObserver(() => latest.current());
    size.observe(canvas.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const anew = () => { if (drawer.current) drawer.current.key = ""; latest.current(); };
    dark.addEventListener("change", anew);
    return () => { size.disconnect(); dark.removeEventListener("change", anew); };
  }, []);
  const zoomBy = (factor) => zoom(look.current, factor, latest);
  return html`<div class="drawing"><canvas class="layer" ref=${canvas} role="img" aria-label=${inWords.filter(Boolean).join(", ")} ...${gestures(look, latest, (x, y) => {
    if (moves && drawer.current) onObject(drawer.current.objectAt(moves.read, x, y));
  })} />
    <div class="zooms"><${Button} icon="plus" kind="small" label=${words.zoomIn} onPress=${() => zoomBy(1.5)} />
      <${Button} icon="minus" kind="small" label=${words.zoomOut} onPress=${() => zoomBy(1 / 1.5)} />
      <${Button} icon="whole" kind="small" label=${words.whole} onPress=${() => zoomBy(0)} /></div></div>`;
}

function zoom(now, factor, latest) {
  const wanted = Math.min(ZOOMS.high, Math.max(ZOOMS.low, now.zoom * factor));
  now.shift = wanted === 1 ? [0, 0] : now.shift.map((one) => (one * wanted) / now.zoom);
  now.zoom = wanted;
  latest.current();
}

/** Wheel and pinch zoom, drag moves, double-click goes back, a click picks. */
function gestures(look, latest, pick) {
  const now = look.current;
  const zoomBy = (factor) => zoom(now, factor, latest);
  const fingers = (now.fingers ??= new Map());
  const apart = () => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one[0] - other[0], one[1] - other[1]);
  };
  return {
    onWheel: (event) => { event.preventDefault(); zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2); },
    onDblClick: () => zoomBy(0),
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      now.moved = 0;
      now.apart = fingers.size === 2 ? apart() : 0;
    },
    onPointerMove: (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (fingers.size === 2) {
        const wide = apart();
        if (now.apart) zoomBy(wide / now.apart);
        now.apart = wide;
        return;
      }
      const [dx, dy] = [event.clientX - before[0], event.clientY - before[1]];
      now.moved += Math.abs(dx) + Math.abs(dy);
      if (now.zoom > 1) {
        now.shift = [now.shift[0] + dx, now.shift[1] + dy];
        latest.current();
      }
    },
    onPointerUp: (event) => {
      fingers.delete(event.pointerId);
      if (now.moved < 4) pick(event.offsetX, event.offsetY);
    },
    onPointerCancel: (event) => fingers.delete(event.pointerId),
  };
}
