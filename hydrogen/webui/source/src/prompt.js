import { texts } from "./texts.js";
import { Button, Dialog, html, order, useMay, useState } from "./ui.js";

/** The question alone: for clients without buttons its choices stand behind it, "Pause [Dismiss]". */
function asked({ prompt, prompt_buttons: buttons }) {
  const choices = ` [${buttons.join("] [")}]`;
  return buttons.length && prompt.endsWith(choices) ? prompt.slice(0, -choices.length) : prompt;
}

/** What the printer asks (M0, M600, runout). It closes by itself when it was answered, here, elsewhere or at the printer. */
export function Prompt({ name, printer }) {
  const may = useMay("control");
  const [hidden, hide] = useState(null);
  if (hidden === printer.prompt) return null;
  const answer = (button) => order("printer.answer_prompt", button === null ? {} : { button }, name);
  const buttons = printer.prompt_buttons.length
    ? printer.prompt_buttons.map((text, number) => html`<${Button} kind=${number ? "" : "primary"} onPress=${() => answer(number)}>${text}<//>`)
    : html`<${Button} kind="primary" onPress=${() => answer(null)}>${texts.prompt.go}<//>`;
  return html`
    <${Dialog} isUrgent title=${`${name}: ${texts.prompt.title}`} onClose=${() => hide(printer.prompt)} actions=${may && buttons}>
      <p class="prompt-text">${asked(printer)}</p><p class="hint">${texts.prompt.elsewhere}</p>
    <//>`;
}
