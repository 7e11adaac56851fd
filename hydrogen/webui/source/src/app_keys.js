import { moment } from "./format.js";
import { texts } from "./texts.js";
import { Button, Card, SureButton, html, order, page, useAnswer, useTick } from "./ui.js";

const words = texts.appKeys;
const LOOK_MS = 3000;
const nothing = () => undefined;

/** Apps that ask for a key of their own. A service that knows no such thing shows nothing. */
export function AppKeys() {
  const { value, error, again } = useAnswer(() => page.client.command("appkey.list", {}, { isRepeatable: true }), []);
  useTick(LOOK_MS, error ? nothing : again);
  if (error?.code === "not_found" || !value) return null;
  const decide = async (operation, request) => {
    if (await order(operation, { request })) await again();
  };
  return html`
    <${Card} title=${words.title}>
      <p class="hint">${value.pending.length ? words.hint : words.none}</p>
      <ul class="entries">${value.pending.map((one) => html`
        <li key=${one.id}><div class="entry"><div><b>${one.app}</b><small>${[one.user, one.address, moment(one.requested_at)].filter(Boolean).join(" · ")}</small></div></div>
          <div class="row tight"><${SureButton} kind="small" sure=${texts.printer.sure} onPress=${() => decide("appkey.approve", one.id)}>${words.approve}<//>
            <${Button} kind="small" onPress=${() => decide("appkey.deny", one.id)}>${words.deny}<//></div></li>`)}</ul>
    <//>`;
}
