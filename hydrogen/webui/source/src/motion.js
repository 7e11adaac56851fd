import { millimetres } from "./format.js";
import { isBusy, takesCommands } from "./house.js";
import { stepWithin, useProfile } from "./profile.js";
import { texts } from "./texts.js";
import { Button, Card, html, order, page, useState } from "./ui.js";

const STEPS = [0.1, 1, 10, 50];
const XY_MM_PER_MINUTE = 6000;
const Z_MM_PER_MINUTE = 600;

/** Which key moves what, where the pad has the focus. */
const KEYS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", 1], ArrowDown: ["y", -1], PageUp: ["z", 1], PageDown: ["z", -1] };

/** Where the head is now: no printer tells it by itself. */
async function moved(asked, name) {
  if (await asked) page.client.command("printer.send_gcode", { lines: ["M114"] }, { printer: name }).catch(() => undefined);
}

export function Motion({ name, printer }) {
  const [step, setStep] = useState(page.settings.value.jogStep);
  const profile = useProfile(name);
  const isOff = !takesCommands(printer);
  const position = printer.position ?? {};
  const choose = (mm) => {
    setStep(mm);
    page.settings.set({ jogStep: mm });
  };
  const within = (axis, sign) => stepWithin(profile, position, axis, sign * step);
  const jog = (axis, sign) => within(axis, sign) && moved(order("printer.jog", {
    [`${axis}_mm`]: within(axis, sign), feedrate_mm_per_minute: axis === "z" ? Z_MM_PER_MINUTE : XY_MM_PER_MINUTE,
  }, name), name);
  const home = (axes) => moved(order("printer.home", { axes }, name), name);
  const arrow = (axis, sign, icon) => html`
    <${Button} icon=${icon} kind=${`pad-${axis}${sign > 0 ? "-plus" : "-minus"}`} disabled=${isOff || !within(axis, sign)} label=${texts.motion.jog(axis, within(axis, sign))} onPress=${() => jog(axis, sign)} />`;
  const press = (event) => {
    const move = KEYS[event.key];
    if (!move || isOff || event.repeat) return;
    event.preventDefault();
    jog(...move);
  };
  // While a job moves the head, a pad of dead buttons is only in the way.
  if (isBusy(printer) && isOff) return html`<${Card} title=${texts.motion.title}><${Place} position=${position} /><p class="hint">${texts.motion.busy}</p><//>`;
  return html`
    <${Card} title=${texts.motion.title} actions=${html`<${Button} kind="small" disabled=${isOff} onPress=${() => order("printer.send_gcode", { lines: ["M84"] }, name)}>${texts.motion.motorsOff}<//>`}>
      <div class="motion">
        <div class="pad" role="group" aria-label=${texts.motion.title} onKeyDown=${press}>
          ${arrow("y", 1, "up")}${arrow("x", -1, "left")}
          <${Button} icon="home" kind="pad-home" disabled=${isOff} label=${texts.motion.homeAxis("xy")} onPress=${() => home("xy")} />
          ${arrow("x", 1, "right")}${arrow("y", -1, "down")}
          ${arrow("z", 1, "up")}<${Button} kind="pad-z-home" disabled=${isOff} label=${texts.motion.homeAxis("z")} onPress=${() => home("z")}>Z<//>${arrow("z", -1, "down")}
        </div>
        <div class="motion-side">
          <${Place} position=${position} />
          <div class="steps" role="group" aria-label=${texts.motion.step}>
            ${STEPS.map((mm) => html`<button type="button" class="button small" aria-pressed=${mm === step} onClick=${() => choose(mm)}>${mm}</button>`)}<span class="hint">${texts.motion.mm}</span>
          </div>
          <${Button} icon="home" disabled=${isOff} onPress=${() => home("")}>${texts.motion.homeAll}<//>
        </div>
      </div>
    <//>`;
}

const Place = ({ position }) => html`
  <dl class="position" aria-label=${texts.motion.position}>
    ${["x", "y", "z"].map((axis) => html`<div><dt>${axis.toUpperCase()}</dt><dd>${millimetres(position[`${axis}_mm`])}</dd></div>`)}
  </dl>`;
