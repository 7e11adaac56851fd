import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_MS, LONGEST_MS, waitBefore } from "../src/backoff.js";
import { baseName, bytes, clock, duration, folderOf, heaterName, moment, percent, timeLeft, UNKNOWN } from "../src/format.js";
import { hashOf, routeFrom } from "../src/route.js";
import { LONGEST_SECONDS, Series } from "../src/series.js";
import { NOTHING_KNOWN, highestOf, presetsOf, stepWithin } from "../src/profile.js";
import { SessionStore, socketAddress } from "../src/session.js";
import { PRESETS, defaults, settingsFrom } from "../src/settings.js";
import { MOST_LINES, TerminalLog, completions, linesOf } from "../src/terminal_log.js";
import { Turns } from "../src/turns.js";
import { hostVerdict, linkVerdict } from "../src/verdict.js";

test("attempts get rarer, up to a limit, and scatter", () => {
  assert.equal(waitBefore(0, 1), FIRST_MS);
  assert.equal(waitBefore(99, 1), LONGEST_MS);
  assert.equal(waitBefore(3, 0) * 2, waitBefore(3, 1));
});

test("turns come some at once, then one after the other, and may be given up", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const turns = new Turns(2, 100);
  const served = [];
  const give = ["a", "b", "c", "d", "e"].map((name) => turns.take(() => served.push(name)));
  assert.deepEqual(served, ["a", "b"]);
  give[2]();
  context.mock.timers.tick(200);
  assert.deepEqual(served, ["a", "b", "d", "e"]);
  context.mock.timers.tick(1000);
  for (const name of ["f", "g", "h"]) turns.take(() => served.push(name));
  assert.deepEqual(served.slice(4), ["f", "g"]);
  context.mock.timers.tick(100);
  assert.deepEqual(served.slice(4), ["f", "g", "h"]);
});

test("values become short texts", () => {
  assert.deepEqual([clock(65), clock(3725), clock(null)], ["1:05", "1:02:05", UNKNOWN]);
  assert.deepEqual([duration(40), duration(700), duration(4800), duration(3600), duration(97200)], ["40 s", "12 min", "1 h 20 min", "1 h", "1 d 3 h"]);
  assert.deepEqual([percent(0.0333), percent(0.9999), percent(1), percent(undefined)], ["3.3 %", "99 %", "100 %", UNKNOWN]);
  assert.deepEqual([bytes(900), bytes(172032), bytes(NaN)], ["900 B", "168 KiB", UNKNOWN]);
  assert.deepEqual([heaterName("tool0"), heaterName("tool1"), heaterName("bed"), heaterName("enclosure")], ["Nozzle", "Nozzle 2", "Bed", "enclosure"]);
  assert.deepEqual([baseName("a/b.gcode"), folderOf("a/b.gcode"), folderOf("b.gcode")], ["b.gcode", "a", ""]);
  assert.equal(moment("nonsense"), UNKNOWN);
});

test("a print that is not over never shows 100 %", () => assert.notEqual(percent(0.9999), "100 %"));

test("time left comes with its spread where there is one", () => {
  assert.deepEqual(timeLeft({ remaining_seconds: 600, remaining_low_seconds: 480, remaining_high_seconds: 900 }), { middle: "10 min", spread: "8 min – 15 min" });
  assert.deepEqual(timeLeft({ remaining_seconds: null }), { middle: UNKNOWN, spread: "" });
});

test("routes survive names with slashes, blanks and nonsense", () => {
  assert.deepEqual(routeFrom(hashOf("files", "a b", "c/d")), { name: "files", rest: ["a b", "c/d"] });
  assert.deepEqual(routeFrom("#/%E0%A4%A"), { name: "%E0%A4%A", rest: [] });
  assert.deepEqual(routeFrom(""), { name: "", rest: [] });
});

test("a series keeps half an hour, one point a second, and shows gaps as gaps", () => {
  const series = new Series();
  for (let at = 0; at < LONGEST_SECONDS + 600; at += 1) {
    series.add(at + 0.1, "bed", 60, 60);
    series.add(at + 0.5, "bed", 61, 60);
  }
  assert.ok(series.at.length <= LONGEST_SECONDS + 62);
  assert.equal(series.heaters.get("bed").actual.at(-1), 61);
  series.add(4000, "bed", 20, 0);
  const [at, actual] = series.table(["bed"]);
  assert.equal(at.at(-1), 4000);
  assert.equal(actual.at(-2), null);
});

test("heaters that are told at different moments have lines without holes", () => {
  const series = new Series();
  for (let at = 100; at < 110; at += 1) {
    series.add(at, "tool0", 200, 200);
    if (at % 2) series.add(at, "bed", 60, 60);
  }
  const [, , , bed] = series.table(["tool0", "bed"]);
  assert.ok(bed.slice(2, -1).every((value) => value === 60));
});

test("the service's history is taken in any order of heaters", () => {
  const series = new Series();
  const told = (value) => ({ at: [1, 2], actual_celsius: [value, value], target_celsius: [0, null] });
  series.fill({ bed: told(21), tool0: told(22) });
  assert.deepEqual(series.table(["tool0", "bed"]), [[1, 2], [22, 22], [0, null], [21, 21], [0, null]]);
});

const memory = () => {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key), kept };
};

test("a session is kept for the tab, or for the browser who wants it, and never past its end", () => {
  const [tab, browser] = [memory(), memory()];
  const sessions = new SessionStore(tab, browser);
  sessions.keep({ token: "t", expiresAt: "2030-01-01T00:00:00Z" }, false);
  assert.equal(browser.kept.size, 0);
  assert.equal(sessions.read(0).token, "t");
  sessions.keep({ token: "u", expiresAt: "2030-01-01T00:00:00Z" }, true);
  assert.deepEqual([tab.kept.size, sessions.isRemembered], [0, true]);
  assert.equal(sessions.read(Date.parse("2031-01-01")), null);
  assert.equal(browser.kept.size, 0);
});

test("damaged storage is no session", () => {
  const tab = memory();
  tab.setItem("hydrogen.session", "{");
  assert.equal(new SessionStore(tab, memory()).read(), null);
});

test("the socket is beside the page, or behind the same proxy", () => {
  const ports = { web: 5000, websocket: 5003 };
  const at = (url) => { const { protocol, hostname, host, port, pathname } = new URL(url); return { protocol, hostname, host, port, pathname }; };
  assert.equal(socketAddress(at("http://pi.local:5000/"), ports, "t", ""), "ws://pi.local:5003/?ticket=t");
  assert.equal(socketAddress(at("https://print.example/hall/"), ports, "t", "e.7"), "wss://print.example/hall/websocket?ticket=t&since=e.7");
  assert.equal(socketAddress(at("http://[fd00::7]:5000/"), ports, "t", ""), "ws://[fd00::7]:5003/?ticket=t");
});

test("settings that make no sense are the defaults", () => {
  assert.deepEqual(settingsFrom("nonsense"), defaults());
  assert.deepEqual(settingsFrom("[1]").presets, PRESETS);
  const odd = settingsFrom(JSON.stringify({ look: "<b>", presets: [{ name: " X ", nozzle: 9999, bed: -3 }, { nozzle: 1 }], jogStep: "10" }));
  assert.deepEqual([odd.look, odd.jogStep, odd.presets], ["auto", 10, [{ name: "X", nozzle: 350, bed: 0 }]]);
});

test("the terminal is bounded, and hides what nobody wants to see", () => {
  const log = new TerminalLog();
  log.add(Array.from({ length: MOST_LINES + 5 }, (_, at) => `> G1 X${at}`));
  assert.equal(log.lines.length, MOST_LINES);
  log.add(["> M105", "< ok T:200.0 /200.0 B:60.0 /60.0", "< ok", "< ok N5 P15 B3", "< echo:busy: processing", "> N7 M105*12"]);
  const shown = log.shown({ hidesTemperatures: true, hidesOk: true, most: 2 }).map((line) => line.text);
  assert.deepEqual(shown, [`> G1 X${MOST_LINES + 4}`, "< echo:busy: processing"]);
  assert.equal(log.shown({ search: "BUSY" }).length, 1);
});

test("what was typed before is offered first", () => {
  assert.equal(completions("g28", ["G28 Z"])[0], "G28 Z");
  assert.deepEqual(completions("", ["G28"]), []);
  assert.deepEqual(linesOf(" G28 \r\n\n M84"), ["G28", "M84"]);
});

test("figures become one word", () => {
  const link = { lines_sent: 10000, resends: 0, stalls: 0, possible_duplicates: 0 };
  assert.deepEqual([linkVerdict(null), linkVerdict(link), linkVerdict({ ...link, resends: 3 }), linkVerdict({ ...link, resends: 300 }), linkVerdict({ ...link, stalls: 4 })], ["unknown", "clean", "some", "bad", "stalls"]);
  assert.deepEqual([hostVerdict({}), hostVerdict({ cpu_share: 0.1 }), hostVerdict({ cpu_share: 0.1, throttling: ["under_voltage"] }), hostVerdict({ cpu_share: 0.1, disk: "low" })], ["unknown", "host", "throttling", "disk"]);
});

test("a step ends where the printer does, and is whole where nobody knows", () => {
  const known = { ...NOTHING_KNOWN, low_mm: { x: 0 }, high_mm: { x: 220 } };
  const at = (x_mm) => ({ x_mm });
  assert.deepEqual([stepWithin(known, at(215), "x", 10), stepWithin(known, at(4), "x", -10), stepWithin(known, at(220), "x", 1), stepWithin(known, at(230), "x", -1)], [5, -4, 0, -1]);
  assert.deepEqual([stepWithin(known, {}, "x", 10), stepWithin(known, at(1), "y", -50), stepWithin(NOTHING_KNOWN, at(1), "x", -50)], [10, -50, -50]);
});

test("limits and presets are the configuration's, else the usual ones", () => {
  const own = [{ name: "Mine", nozzle: 200, bed: 60 }];
  assert.equal(highestOf(NOTHING_KNOWN, "tool3"), 320);
  assert.equal(presetsOf(NOTHING_KNOWN, own), own);
  const told = presetsOf({ ...NOTHING_KNOWN, presets: [{ name: "PA", nozzle_celsius: 260, bed_celsius: null, chamber_celsius: 60 }] }, own);
  assert.deepEqual(told, [{ name: "PA", nozzle: 260, bed: null, chamber: 60 }]);
});

test("what can spoil a print is told of the host", () => {
  const fine = { cpu_share: 0.1 };
  assert.deepEqual([hostVerdict(fine, []), hostVerdict(fine, ["memory_short"]), hostVerdict(fine, ["under_voltage"])], ["host", "trouble", "throttling"]);
});
