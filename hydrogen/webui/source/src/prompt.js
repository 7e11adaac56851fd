import { texts } from "./texts.js";
import { Button, Dialog, html, order, useLayoutEffect, useMay, useState } from "./ui.js";

/** A question comes unasked, perhaps under a pointer that is about to press something else, or twice. So soon nobody has read it. */
const UNREAD_MS = 400;

/** The question alone: for clients without buttons its choices stand behind it, "Pause [Dismiss]". */
function asked({ prompt, prompt_buttons: buttons }) {
  const choices = ` [${buttons.join("] [")}]`;
  return buttons.length && prompt.endsWith(choices) ? prompt.slice(0, -choices.length) : prompt;
}

/** What the printer asks (M0, M600, runout). It closes by itself when it was answered, here, elsewhere or at the printer. */
export function Prompt({ name, printer }) {
  const may = useMay("control");
  const [hidden, hide] = useState(null);
  const [read, setRead] = useState(null);
  useLayoutEffect(() => {
    const timer = setTimeout(() => setRead(printer.prompt), UNREAD_MS);
    return () => clearTimeout(timer);
  }, [printer.prompt]);
  if (hidden === printer.prompt) return null;
  const isUnread = read !== printer.prompt;
  const answer = (button) => order("printer.answer_prompt", button === null ? {} : { button }, name);
  const buttons = printer.prompt_buttons.length
    ? printer.prompt_buttons.map((text, number) => html`<${Button} kind=${number ? "" : "primary"} disabled=${isUnread} onPress=${() => answer(number)}>${text}<//>`)
    : html`<${Button} kind="primary" disabled=${isUnread} onPress=${() => answer(null)}>${texts.prompt.go}<//>`;
  return html`
    <${Dialog} isUrgent title=${`${name}: ${texts.prompt.title}`} onClose=${() => hide(printer.prompt)} actions=${may && buttons}>
      <p class="prompt-text">${asked(printer)}</p><p class="hint">${texts.prompt.elsewhere}</p>
    <//>`;
}
