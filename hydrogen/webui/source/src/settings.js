// What a person has set for this browser: presets and the look. Checked when it is read, because anybody may have changed it.

const NAME = "hydrogen.settings";

export const PRESETS = [
  { name: "PLA", nozzle: 210, bed: 60 }, { name: "PETG", nozzle: 240, bed: 80 }, { name: "ABS", nozzle: 250, bed: 100 }, { name: "TPU", nozzle: 225, bed: 45 },
];

const MOST_PRESETS = 12;

export const defaults = () => ({ look: "auto", presets: PRESETS.map((one) => ({ ...one })), jogStep: 10, graphMinutes: 10, hideTemperatures: true, hideOk: true });

export function settingsFrom(text) {
  let told = {};
  try {
    told = JSON.parse(text) ?? {};
  } catch { /* damaged: the defaults */ }
  const usual = defaults();
  const presets = Array.isArray(told.presets) ? told.presets.map(presetFrom).filter(Boolean).slice(0, MOST_PRESETS) : usual.presets;
  const known = Object.fromEntries(Object.entries(usual).map(([key, value]) => [key, typeof told[key] === typeof value ? told[key] : value]));
  return { ...known, presets, look: ["auto", "light", "dark"].includes(known.look) ? known.look : "auto" };
}

function presetFrom(told) {
  if (typeof told?.name !== "string" || !told.name.trim()) return null;
  const within = (value, most) => Math.min(most, Math.max(0, Math.round(Number(value) || 0)));
  return { name: told.name.trim().slice(0, 20), nozzle: within(told.nozzle, 350), bed: within(told.bed, 150) };
}

export class Settings {
  constructor(storage) {
    this.storage = storage;
    try {
      this.value = settingsFrom(storage.getItem(NAME));
    } catch {
      this.value = defaults();
    }
  }

  set(change) {
    this.value = settingsFrom(JSON.stringify({ ...this.value, ...change }));
    try {
      this.storage.setItem(NAME, JSON.stringify(this.value));
    } catch { /* private mode: as long as the page lives */ }
  }
}

/** The look is an attribute of the root, which the style sheet reads. */
export function applyLook(look, root = document.documentElement) {
  if (look === "auto") delete root.dataset.look;
  else root.dataset.look = look;
}
