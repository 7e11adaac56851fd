import { moment } from "./format.js";
import { texts } from "./texts.js";
import { Button, Card, Chip, Dialog, Form, SureButton, html, order, page, useAnswer, useModel, useState } from "./ui.js";

const words = texts.keys;
const SCOPES = ["read", "control", "print", "files", "emergency", "admin"];
const USUAL = ["read", "control", "print", "files", "emergency"];

/** The keys that are stored, for administrators: made, shown once, revoked. */
export function Keys() {
  const { value, error, again } = useAnswer(() => page.client.command("key.list", {}, { isRepeatable: true }), []);
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState(null);
  const revoke = async (id) => { if (await order("key.revoke", { id })) await again(); };
  const close = async (key) => {
    setOpen(false);
    setMade(key);
    await again();
  };
  return html`
    <${Card} title=${words.title} actions=${html`<${Button} icon="plus" kind="small" onPress=${() => setOpen(true)}>${words.create}<//>`}>
      <p class="hint">${words.hint}</p>
      ${error && html`<p class="refusal">${error.message}</p>`}
      <ul class="entries">${(value?.keys ?? []).map((key) => html`<${Key} key=${key.id} told=${key} onRevoke=${() => revoke(key.id)} />`)}</ul>
    <//>
    ${isOpen && html`<${NewKey} onDone=${close} onClose=${() => setOpen(false)} />`}
    ${made && html`<${MadeKey} made=${made} onClose=${() => setMade(null)} />`}`;
}

function Key({ told, onRevoke }) {
  const facts = [words.since(moment(told.created_at)), told.expires_at && words.until(moment(told.expires_at)), told.printers?.join(", ")];
  return html`
    <li><div class="entry"><div><b>${told.name}</b><small>${facts.filter(Boolean).join(" · ")}</small>
        <span class="row scopes">${told.scopes.map((scope) => html`<${Chip} kind="dim">${texts.settings.scopes[scope] ?? scope}<//>`)}</span></div></div>
      <${SureButton} kind="small" sure=${words.revokeSure} onPress=${onRevoke}>${words.revoke}<//></li>`;
}

function NewKey({ onDone, onClose }) {
  const mine = useModel((model) => model.scopes);
  const [scopes, setScopes] = useState(USUAL.filter((scope) => mine.includes(scope)));
  const toggle = (scope) => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  const make = async (event) => {
    const { name, days } = event.currentTarget.elements;
    const until = Number(days.value) ? { expires_at: new Date(Date.now() + Number(days.value) * 86_400_000).toISOString() } : {};
    const made = await order("key.create", { name: name.value.trim(), scopes, ...until });
    if (made) onDone(made);
  };
  return html`
    <${Dialog} title=${words.create} onClose=${onClose}>
      <${Form} class="stack" onSubmit=${make}>
        <label class="field"><span>${words.name}</span><input name="name" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._@\\-]*" title=${words.nameHint} /></label>
        <fieldset><legend>${words.rights}</legend>${SCOPES.map((scope) => html`
          <label class="check"><input type="checkbox" checked=${scopes.includes(scope)} disabled=${!mine.includes(scope)} onChange=${() => toggle(scope)} /><span>${texts.settings.scopes[scope]}</span></label>`)}</fieldset>
        <label class="field narrow"><span>${words.days}</span><input name="days" type="number" min="0" max="3650" value="0" /></label>
        <button class="button primary" type="submit" disabled=${!scopes.length}><span>${words.create}</span></button>
      <//><//>`;
}

const MadeKey = ({ made, onClose }) => html`
  <${Dialog} title=${words.made(made.name)} onClose=${onClose}><p>${words.once}</p><pre class="secret" tabindex="0" role="region" aria-label=${words.made(made.name)}>${made.key}</pre><//>`;
