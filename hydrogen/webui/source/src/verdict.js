// What the figures of the link and the host mean, in one word. Pure.

const BUSY_SHARE = 0.9;
const MANY_RESENDS_PER_LINE = 0.005;

/** "unknown", "clean", "duplicates", "stalls", "some" or "bad", the most telling one. */
export function linkVerdict(link) {
  if (!link) return "unknown";
  if (link.possible_duplicates > 0) return "duplicates";
  if (link.resends > 20 && link.resends > link.lines_sent * MANY_RESENDS_PER_LINE) return "bad";
  if (link.stalls > 2) return "stalls";
  return link.resends + link.stalls > 0 ? "some" : "clean";
}

const OF_SUPPLY = new Set(["under_voltage", "frequency_capped", "throttled", "soft_temperature_limit"]);

/** "unknown", "host", "busy", "throttling", "trouble" or "disk". trouble: the service's words for what can spoil a print. */
export function hostVerdict(host, trouble = []) {
  if (!host || host.cpu_share === null || host.cpu_share === undefined) return "unknown";
  if (host.throttling?.length || trouble.some((one) => OF_SUPPLY.has(one))) return "throttling";
  if (host.disk === "low" || host.disk === "critical") return "disk";
  if (trouble.length) return "trouble";
  return host.cpu_share > BUSY_SHARE ? "busy" : "host";
}

export const KINDS = {
  unknown: "dim", clean: "good", host: "good", some: "", duplicates: "warn", stalls: "warn", bad: "bad", busy: "warn", throttling: "warn", trouble: "warn", disk: "warn",
};
