// Values to short texts for people. Pure; what is not known is a dash.

import { texts } from "./texts.js";

export const UNKNOWN = "–";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** 3725 → "1:02:05", 65 → "1:05". */
export function clock(seconds) {
  if (!isNumber(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A duration to be read at a glance: "2 d 3 h", "1 h 20 min", "12 min", "40 s". */
export function duration(seconds) {
  if (!isNumber(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
  const hours = Math.round(minutes / 60);
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
}

/** "1 h 10 min, between 58 min and 1 h 25 min" comes apart here: the middle, and the spread where one is known. */
export function timeLeft(job) {
  const { remaining_seconds: middle, remaining_low_seconds: low, remaining_high_seconds: high } = job;
  if (!isNumber(middle)) return { middle: UNKNOWN, spread: "" };
  const isWide = isNumber(low) && isNumber(high) && duration(low) !== duration(high);
  return { middle: duration(middle), spread: isWide ? `${duration(low)} – ${duration(high)}` : "" };
}

export function percent(fraction) {
  if (!isNumber(fraction)) return UNKNOWN;
  // Rounded down: what is not over never shows 100 %.
  const value = Math.floor(Math.min(1, Math.max(0, fraction)) * 1000 + 1e-6) / 10;
  return `${value < 10 ? value.toFixed(1) : Math.floor(value)} %`;
}

export function celsius(value, digits = 1) {
  return isNumber(value) ? value.toFixed(digits) : UNKNOWN;
}

export function millimetres(value, digits = 2) {
  return isNumber(value) ? value.toFixed(digits) : UNKNOWN;
}

export function bytes(count) {
  if (!isNumber(count)) return UNKNOWN;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Metres of filament of millimetres. */
export function filament(mm) {
  return isNumber(mm) ? `${(mm / 1000).toFixed(mm < 10000 ? 2 : 1)} m` : UNKNOWN;
}

/** ISO or Unix seconds to the reader's own clock; the day is left out where it is today. Built by hand: the browser's own texts
 * for numbers and times cost 50 ms when they are asked for first, which is a third of what the whole page takes. */
export function moment(value, now = new Date()) {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  const at = typeof value === "number" ? new Date(value * 1000) : new Date(value);
  if (Number.isNaN(at.getTime())) return UNKNOWN;
  const time = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  return at.toDateString() === now.toDateString() ? time : `${at.getDate()} ${texts.months[at.getMonth()]} ${time}`;
}

/** 1234567 → "1 234 567", with narrow spaces that do not break. */
export const count = (number) => (isNumber(number) ? String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, "\u202f") : UNKNOWN);

/** "tool0" → "Tool 0"; names that nobody knows stay as they are. */
export function heaterName(name) {
  const tool = /^tool(\d+)$/.exec(name);
  if (tool) return `${texts.heat.nozzle}${tool[1] === "0" ? "" : ` ${Number(tool[1]) + 1}`}`;
  return texts.heat.names[name] ?? name;
}

/** The last part of a path. */
export const baseName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** The folder of a path, "" at the top. */
export const folderOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
