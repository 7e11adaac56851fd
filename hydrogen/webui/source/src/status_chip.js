import { texts } from "./texts.js";
import { Chip, html } from "./ui.js";

const KINDS = { idle: "good", printing: "busy", paused: "warn", error: "bad", halted: "bad", link_lost: "bad", offline: "dim" };

export const StatusChip = ({ printer }) => html`
  <${Chip} kind=${KINDS[printer.status] ?? "busy"} data-status=${printer.status}>${texts.status[printer.status] ?? printer.status}<//>`;
