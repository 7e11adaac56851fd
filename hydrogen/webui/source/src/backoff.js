// How long to wait before the next attempt: doubles up to a limit, and scatters, so that many pages do not come at once.

export const FIRST_MS = 250;
export const LONGEST_MS = 8000;

/** attempt counts from 0; chance is 0 to 1. Between half and the whole of the doubled time. */
export function waitBefore(attempt, chance) {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(whole / 2 + (whole / 2) * chance);
}
