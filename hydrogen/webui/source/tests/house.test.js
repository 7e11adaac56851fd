import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, emptyHouse, isBusy, newsOf, sinceOf, unheardEnds, withEnd } from "../src/house.js";

const snapshot = (seq = 10, state = {}) => ({
  type: "snapshot", epoch: "e", seq,
  state: { printers: { a: { status: "idle", heaters: {}, job: null, prompt: null, prompt_buttons: [] } }, host: {}, ...state },
});
const after = (...events) => events.reduce((house, event, at) => apply(house, { seq: 11 + at, ...event }), apply(emptyHouse(), snapshot()));
const started = { type: "job.started", printer: "a", job: "j1", file: "x.gcode", lines_total: 9, bytes_total: 90, layers_total: 3, actor: "me", at: "2026-01-01T00:00:00Z" };

test("a snapshot replaces everything and says where to resume", () => {
  const house = after(started);
  assert.equal(sinceOf(house), "e.11");
  const again = apply(house, { ...snapshot(3), epoch: "f" });
  assert.equal(sinceOf(again), "f.3");
  assert.equal(again.printers.a.job, null);
});

test("nothing is told before a snapshot", () => assert.equal(sinceOf(emptyHouse()), ""));

test("what was handed out is never changed", () => {
  const before = apply(emptyHouse(), snapshot());
  const frozen = structuredClone(before);
  apply(before, { type: "temperature.measured", seq: 11, printer: "a", heater: "bed", actual_celsius: 60, target_celsius: 60, power: null });
  assert.deepEqual(before, frozen);
});

test("a part that did not change is the same object", () => {
  const before = after(started);
  const house = apply(before, { type: "host.measured", seq: 99, host: { cpu_share: 0.5 } });
  assert.equal(house.printers, before.printers);
});

test("a job lives from its start to its end, and its end is remembered", () => {
  const running = after(started, { type: "job.progressed", printer: "a", job: "j1", fraction: 0.5, layer: 2, lines_done: 4, bytes_done: 40, elapsed_seconds: 3, remaining_seconds: 3 });
  assert.equal(running.printers.a.job.fraction, 0.5);
  assert.equal(running.printers.a.job.file, "x.gcode");
  const over = apply(running, { type: "job.finished", seq: 50, printer: "a", job: "j1", file: "x.gcode", outcome: "completed" });
  assert.equal(over.printers.a.job, null);
  assert.equal(over.finished.a.outcome, "completed");
  assert.equal(apply(over, { ...started, seq: 60 }).finished.a, null);
});

test("what is said of another job changes nothing", () => {
  const house = after(started, { type: "job.finished", printer: "a", job: "j0", outcome: "failed" });
  assert.equal(house.printers.a.job.id, "j1");
});

test("the printer's word is the job's word", () => {
  const house = after(started, { type: "printer.state_changed", printer: "a", status: "pausing", reason: "a person" });
  assert.equal(house.printers.a.job.status, "pausing");
  assert.equal(house.reasons.a, "a person");
  assert.ok(isBusy(house.printers.a));
});

test("fans, speed and flow are what was told last, and nothing once the printer is gone", () => {
  const tuning = { fans_percent: { 0: 50.2 }, speed_percent: 150, flow_percent: { tool0: 95 } };
  const house = after({ type: "printer.tuning_changed", printer: "a", tuning });
  assert.deepEqual(house.printers.a.tuning, tuning);
  const gone = apply(house, { type: "printer.disconnected", seq: 99, printer: "a", reason: "" });
  assert.deepEqual(gone.printers.a.tuning, { fans_percent: {}, speed_percent: null, flow_percent: {} });
});

test("a job that takes up another leaves out what that one left out", () => {
  assert.deepEqual(after({ ...started, excluded_objects: ["1"] }).printers.a.job.excluded_objects, ["1"]);
});

test("what is wrong with the host is known from the snapshot on, and is over with it", () => {
  const house = apply(emptyHouse(), snapshot(10, { host_trouble: ["under_voltage"] }));
  assert.deepEqual(house.trouble, ["under_voltage"]);
  assert.deepEqual(apply(house, { type: "host.trouble_changed", seq: 11, trouble: [] }).trouble, []);
  assert.deepEqual(apply(house, snapshot(12)).trouble, []);
});

test("a prompt is shown and closed", () => {
  const shown = after({ type: "printer.prompt_shown", printer: "a", message: "<b>Filament</b>", buttons: ["Go"] });
  assert.deepEqual([shown.printers.a.prompt, shown.printers.a.prompt_buttons], ["<b>Filament</b>", ["Go"]]);
  assert.equal(apply(shown, { type: "printer.prompt_closed", seq: 99, printer: "a" }).printers.a.prompt, null);
});

test("what is on the display, and objects that are left out, are known", () => {
  const house = after(started, { type: "printer.message_shown", printer: "a", message: "<b>Layer 3" }, ...["0", "2", "0"].map((object) => ({ type: "job.object_excluded", printer: "a", job: "j1", object })));
  assert.equal(house.printers.a.display_message, "<b>Layer 3");
  assert.deepEqual(house.printers.a.job.excluded_objects, ["2", "0"]);
  const restored = apply(house, { type: "job.object_restored", seq: 99, printer: "a", job: "j1", object: "2" });
  assert.deepEqual(restored.printers.a.job.excluded_objects, ["0"]);
});

test("a connection that ends takes with it what only it knew", () => {
  const house = after({ type: "temperature.measured", printer: "a", heater: "bed", actual_celsius: 60 }, { type: "printer.disconnected", printer: "a", reason: "" });
  assert.deepEqual(house.printers.a.heaters, {});
});

test("news of files, the queue and jobs are counted, so that who shows them asks again", () => {
  const house = after({ type: "file.added", path: "x" }, { type: "queue.changed", queue: { length: 1, next: ["q"], held: {} } }, started);
  assert.deepEqual(house.news, { files: 2, queue: 2, jobs: 2 });
  assert.equal(house.queue.length, 1);
});

test("who shows a file asks again for its own news only, and the list is not asked for what was found in a file", () => {
  const [before, analysed, moved] = [after(), after({ type: "file.analysed", path: "x" }), after({ type: "file.moved", path: "y", moved_from: "x" })];
  assert.equal(analysed.news.files, before.news.files);
  assert.equal(moved.news.files, before.news.files + 1);
  for (const house of [analysed, moved]) assert.notEqual(newsOf(house, "x"), newsOf(before, "x"));
  for (const house of [analysed, moved]) assert.equal(newsOf(house, "z"), newsOf(before, "z"));
  const many = after(...Array.from({ length: 600 }, (_, number) => ({ type: "file.added", path: `${number}` })));
  assert.ok(Object.keys(many.heard.of).length <= 500);
  assert.notEqual(newsOf(many, "0"), newsOf(before, "0"));
});

test("frames that tell nothing, and events of unknown kinds, change nothing but the place", () => {
  const house = after();
  assert.equal(apply(house, { type: "status" }), house);
  assert.equal(apply(house, { type: "printer.sang", seq: 12, printer: "a" }).printers, house.printers);
});

test("the place never goes back", () => assert.equal(apply(after(started), { type: "host.measured", seq: 2, host: {} }).seq, 11));

test("a job that ended while nobody listened is asked for, and its end shown", () => {
  const before = after(started);
  const house = apply(before, snapshot(3));
  assert.deepEqual(unheardEnds(before, house), { a: "j1" });
  const known = withEnd(house, "a", { job: "j1", file: "x.gcode", state: "completed", elapsed_seconds: 5, reason: null });
  assert.equal(known.finished.a.outcome, "completed");
  assert.deepEqual(unheardEnds(before, known), {});
  assert.equal(withEnd(house, "a", { job: "j1", state: "printing" }), house);
});

test("what lies on a bed is known to a page that is opened later", () => {
  const house = apply(emptyHouse(), snapshot(3, { printers: { a: { job: null, bed: "occupied", bed_job: "j9" }, b: { job: null, bed: "clear", bed_job: "j8" }, c: { job: { id: "j7" }, bed: "occupied", bed_job: "j7" } } }));
  assert.deepEqual(unheardEnds(emptyHouse(), house), { a: "j9" });
});

test("the switch of a printer's power is followed", () => {
  assert.equal(after({ type: "printer.power_changed", printer: "a", power: "off" }).printers.a.power, "off");
});
