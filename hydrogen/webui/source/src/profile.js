// What is configured of a printer: how far it goes, how hot it gets, which targets people choose from.

import { page, useAnswer, useModel } from "./ui.js";

export const NOTHING_KNOWN = { low_mm: null, high_mm: null, highest_celsius: { tool: 320, bed: 140, chamber: 90 }, presets: [] };

/** The printer's profile; what every printer has until it is told, or where the service tells none. */
export function useProfile(printer) {
  const live = useModel((model) => model.link === "live");
  return useAnswer(() => page.client.command("printer.profile", {}, { printer, isRepeatable: true }), [printer, live]).value ?? NOTHING_KNOWN;
}

/** The hottest that a heater may be asked to get. */
export const highestOf = (profile, heater) => profile.highest_celsius[heater.replace(/\d+$/, "")] ?? 500;

/** How far a step may go: all of it, less where it would leave the printer's volume, 0 at its end. Whole where the volume or the
 * place is not known: then the firmware's own end stops are what there is. */
export function stepWithin(profile, position, axis, step) {
  const [low, high, at] = [profile.low_mm?.[axis], profile.high_mm?.[axis], position?.[`${axis}_mm`]];
  if (typeof at !== "number" || typeof low !== "number" || typeof high !== "number") return step;
  const most = step > 0 ? Math.max(0, high - at) : Math.min(0, low - at);
  const allowed = step > 0 ? Math.min(step, most) : Math.max(step, most);
  return Math.round(allowed * 100) / 100;
}

/** The presets to choose from: those of the configuration, else the person's own. Each {name, nozzle, bed, chamber}, null: leave alone. */
export function presetsOf(profile, own) {
  if (!profile.presets.length) return own;
  return profile.presets.map((one) => ({ name: one.name, nozzle: one.nozzle_celsius, bed: one.bed_celsius, chamber: one.chamber_celsius }));
}
