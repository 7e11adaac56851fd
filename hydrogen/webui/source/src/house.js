// What the service told, as one value: the snapshot, and each event after it. Pure; the old value is never changed, so that a
// part which is the same object has not changed. The rules are those of the service (hydrogen/model/reduce.py).

const JOB_WORDS = new Set(["printing", "pausing", "paused", "resuming", "cancelling", "finishing", "link_lost"]);

const JOB_FIGURES = [
  "fraction", "lines_done", "bytes_done", "layer", "elapsed_seconds",
  "remaining_seconds", "remaining_low_seconds", "remaining_high_seconds", "remaining_source",
];

const EMPTY_TUNING = Object.freeze({ fans_percent: {}, speed_percent: null, flow_percent: {} });

const EMPTY_PRINTER = Object.freeze({
  status: "offline", driver: "", port: "", baud: null, firmware: null, heaters: {}, position: null, job: null, link: null,
  prompt: null, prompt_buttons: [], error: null, unsafe: null, bed: "unknown", bed_job: null, recoverable: null, power: null, display_message: "",
  tuning: EMPTY_TUNING,
});

/** Files whose news are counted one by one. */
const MOST_HEARD = 500;

/** Before anything was told. `news` counts what happened to things that are fetched: the list of files, the queue, jobs; `heard` what
 * happened to each file, so that who shows one need not ask again for the sake of the others. */
export function emptyHouse() {
  return {
    epoch: "", seq: 0, isTold: false, printers: {}, sensors: {}, host: {}, trouble: [], queue: { length: 0, next: [], held: {} },
    reasons: {}, finished: {}, news: { files: 0, queue: 0, jobs: 0 }, heard: { all: 0, of: {} },
  };
}

/** The jobs that are over by what a snapshot says, and whose end nobody told this page: {printer: job}. before: the house as it was
 * known until then. Those that lie on a bed count as well, so that a page that is opened later knows what lies there. */
export function unheardEnds(before, house) {
  const ends = {};
  for (const [name, printer] of Object.entries(house.printers)) {
    const over = before.printers[name]?.job?.id ?? (printer.bed === "clear" ? null : printer.bed_job);
    if (over && printer.job?.id !== over && house.finished[name]?.job !== over) ends[name] = over;
  }
  return ends;
}

/** The house in which the end of a job is known from its record (`job.show`). */
export function withEnd(house, name, record) {
  if (record.state === "printing" || house.printers[name]?.job) return house;
  const end = { job: record.job, file: record.file, outcome: record.state, elapsed_seconds: record.elapsed_seconds, reason: record.reason ?? "" };
  return { ...house, finished: { ...house.finished, [name]: end } };
}

/** The place to resume from; "" before anything was told. */
export const sinceOf = (house) => (house.isTold ? `${house.epoch}.${house.seq}` : "");

/** The house after one frame of the service. Frames that tell nothing leave it as it is. */
export function apply(house, frame) {
  if (frame.type === "snapshot") return fromSnapshot(house, frame);
  if (typeof frame.seq !== "number" || frame.type === "subscribed") return house;
  return { ...applyEvent(house, frame), seq: Math.max(house.seq, frame.seq) };
}

function fromSnapshot(house, frame) {
  const { printers = {}, sensors = {}, host = {}, host_trouble: trouble = [], queue = house.queue } = frame.state ?? {};
  const news = { files: house.news.files + 1, queue: house.news.queue + 1, jobs: house.news.jobs + 1 };
  const heard = { all: house.heard.all + 1, of: {} };
  return { ...house, epoch: frame.epoch, seq: frame.seq, isTold: true, printers, sensors, host, trouble, queue, news, heard };
}

function applyEvent(house, event) {
  const [topic] = event.type.split(".");
  if (event.type === "host.measured") return { ...house, host: event.host };
  if (event.type === "host.trouble_changed") return { ...house, trouble: event.trouble };
  if (event.type === "queue.changed") return { ...heard(house, "queue"), queue: event.queue };
  if (topic === "file") return withFile(house, event);
  if (topic === "sensor") return withSensor(house, event);
  if (typeof event.printer !== "string") return house;
  const before = house.printers[event.printer] ?? EMPTY_PRINTER;
  const after = applyToPrinter(before, event);
  const told = toldBeside(house, event);
  return after === before ? told : { ...told, printers: { ...told.printers, [event.printer]: after } };
}

/** Is another value when something happened to this file. */
export const newsOf = (house, path) => `${house.heard.all} ${house.heard.of[path] ?? 0}`;

function withFile(house, event) {
  const of = { ...house.heard.of };
  for (const path of [event.path, event.moved_from]) if (path) of[path] = (of[path] ?? 0) + 1;
  const isFull = Object.keys(of).length > MOST_HEARD;
  const told = { ...house, heard: isFull ? { all: house.heard.all + 1, of: {} } : { ...house.heard, of } };
  return event.type === "file.analysed" ? told : heard(told, "files"); // a list does not tell what was found in files
}

function withSensor(house, event) {
  const before = house.sensors[event.sensor];
  if (!before) return house;
  return { ...house, sensors: { ...house.sensors, [event.sensor]: { ...before, ...changeOfSensor(event) } } };
}

function changeOfSensor(event) {
  switch (event.type) {
    case "sensor.measured": return { value: event.value, unit: event.unit, measured_at: event.at };
    case "sensor.quality_changed": return { quality: event.quality, reason: event.reason, simulated: event.simulated, ...(event.quality === "ok" ? {} : { value: null }) };
    case "sensor.alarm_changed": return { alarm: event.alarm };
    default: return {};
  }
}

function toldBeside(house, event) {
  const name = event.printer;
  if (event.type === "printer.state_changed") {
    return { ...house, reasons: { ...house.reasons, [name]: event.reason ?? "" } };
  }
  if (event.type === "job.started") return { ...heard(house, "jobs"), finished: { ...house.finished, [name]: null } };
  if (event.type === "job.finished") return { ...heard(house, "jobs"), finished: { ...house.finished, [name]: event } };
  if (event.type === "job.receipt_issued") return heard(house, "jobs");
  return house;
}

const heard = (house, what) => ({ ...house, news: { ...house.news, [what]: house.news[what] + 1 } });

function applyToPrinter(printer, event) {
  switch (event.type) {
    case "printer.attached":
      return event.state;
    case "printer.connected":
      return { ...printer, port: event.port, baud: event.baud, error: null, unsafe: null };
    case "printer.disconnected":
      return { ...printer, heaters: {}, position: null, firmware: null, link: null, prompt: null, prompt_buttons: [], display_message: "", tuning: EMPTY_TUNING };
    case "printer.state_changed": {
      const job = printer.job && JOB_WORDS.has(event.status) ? { ...printer.job, status: event.status } : printer.job;
      return { ...printer, status: event.status, job };
    }
    case "printer.firmware_identified":
      return { ...printer, firmware: event.firmware };
    case "printer.position_reported":
      return { ...printer, position: event.position };
    case "printer.message_shown":
      return { ...printer, display_message: event.message };
    case "printer.tuning_changed":
      return { ...printer, tuning: event.tuning };
    case "printer.prompt_shown":
      return { ...printer, prompt: event.message, prompt_buttons: event.buttons ?? [] };
    case "printer.prompt_closed":
      return { ...printer, prompt: null, prompt_buttons: [] };
    case "printer.unsafe":
      return { ...printer, unsafe: event.reason };
    case "printer.power_changed":
      return { ...printer, power: event.power };
    case "printer.bed_changed":
      return { ...printer, bed: event.bed, bed_job: event.job };
    case "temperature.measured": {
      const { actual_celsius, target_celsius, power } = event;
      return { ...printer, heaters: { ...printer.heaters, [event.heater]: { actual_celsius, target_celsius, power } } };
    }
    case "link.measured":
      return { ...printer, link: event.statistics };
    case "error.raised":
      return { ...printer, error: event.error };
    case "job.recovery_changed":
      return { ...printer, recoverable: event.recoverable };
    case "job.started":
      return { ...printer, job: newJob(event), error: null };
    default:
      return applyToJob(printer, event);
  }
}

function newJob(event) {
  return {
    id: event.job, file: event.file, status: "printing", fraction: 0, lines_done: 0, lines_total: event.lines_total,
    bytes_done: 0, bytes_total: event.bytes_total, layer: 0, layers_total: event.layers_total, elapsed_seconds: 0,
    remaining_seconds: null, remaining_low_seconds: null, remaining_high_seconds: null, remaining_source: "",
    started_at: event.at, actor: event.actor, excluded_objects: event.excluded_objects ?? [],
  };
}

function applyToJob(printer, event) {
  if (!printer.job || printer.job.id !== event.job) return printer;
  switch (event.type) {
    case "job.finished":
      return { ...printer, job: null };
    case "job.paused":
      return { ...printer, job: { ...printer.job, status: "paused" } };
    case "job.resumed":
      return { ...printer, job: { ...printer.job, status: "printing" } };
    case "job.object_excluded":
    case "job.object_restored": {
      const others = (printer.job.excluded_objects ?? []).filter((one) => one !== event.object);
      const left = event.type === "job.object_excluded" ? [...others, event.object] : others;
      return { ...printer, job: { ...printer.job, excluded_objects: left } };
    }
    case "job.progressed": {
      const figures = Object.fromEntries(JOB_FIGURES.map((name) => [name, event[name]]));
      return { ...printer, job: { ...printer.job, ...figures } };
    }
    default:
      return printer;
  }
}

const BUSY = new Set(["printing", "pausing", "paused", "resuming", "cancelling", "finishing", "link_lost"]);

/** Has the printer a job? */
export const isBusy = (printer) => BUSY.has(printer.status) || Boolean(printer.job);

/** Does the printer take commands of a person? */
export const takesCommands = (printer) => ["idle", "paused"].includes(printer.status);

/** Is there a connection to the printer, as far as known? */
export const isConnected = (printer) => !["offline", "connecting", "link_lost", "halted", "error"].includes(printer.status);
