import "./kit.js";
import { AppKeys } from "./app_keys.js";
import { moment } from "./format.js";
import { Keys } from "./keys.js";
import { Printers } from "./printers.js";
import { hashOf } from "./route.js";
import { applyLook } from "./settings.js";
import { texts } from "./texts.js";
import { Button, Card, Chip, html, page, useAnswer, useMay, useModel, useState } from "./ui.js";

const words = texts.settings;
const LEVELS = ["debug", "info", "warning", "error"];

export function SettingsPage() {
  const isAdmin = useMay("admin");
  return html`
    <div class="page-head"><h1>${words.title}</h1></div>
    <div class="grid">
      <div class="column"><${Session} /><${Look} /><${Presets} /></div>
      <div class="column"><${Service} />${isAdmin && html`<${Printers} /><${Keys} /><${AppKeys} /><${Configuration} /><${Log} />`}</div>
    </div>`;
}

function Session() {
  const principal = useModel((model) => model.principal);
  const scopes = useModel((model) => model.scopes);
  return html`
    <${Card} title=${words.session}>
      <p>${texts.signIn.who(principal || "–")}</p>
      <p class="hint">${words.rights}</p>
      <div class="row">${scopes.map((scope) => html`<${Chip}>${words.scopes[scope] ?? scope}<//>`)}</div>
      <div class="row"><${Button} onPress=${() => page.client.signOut()}>${texts.signIn.out}<//></div>
    <//>`;
}

function Look() {
  const [look, setLook] = useState(page.settings.value.look);
  const choose = (one) => {
    page.settings.set({ look: one });
    applyLook(one);
    setLook(one);
  };
  return html`
    <${Card} title=${words.look}><div class="row" role="group" aria-label=${words.look}>
      ${Object.entries(words.looks).map(([key, text]) => html`<button type="button" class="button" aria-pressed=${look === key} onClick=${() => choose(key)}><span>${text}</span></button>`)}</div><//>`;
}

function Presets() {
  const [presets, setPresets] = useState(page.settings.value.presets);
  const keep = (changed) => {
    page.settings.set({ presets: changed });
    setPresets(changed);
  };
  const mend = (at, key) => (event) => keep(presets.map((one, index) => (index === at ? { ...one, [key]: key === "name" ? event.target.value : Number(event.target.value) } : one)));
  return html`
    <${Card} title=${words.presets}>
      <p class="hint">${words.presetsHint}</p>
      <div class="scroll"><table class="plain presets-table"><thead><tr><th scope="col">${words.name}</th><th scope="col">${words.nozzle}</th><th scope="col">${words.bed}</th><th scope="col"><span class="unseen">${texts.remove}</span></th></tr></thead>
        <tbody>${presets.map((preset, at) => html`<tr key=${at}>
          <td><input aria-label=${words.name} maxlength="20" value=${preset.name} onChange=${mend(at, "name")} /></td>
          <td><input type="number" min="0" max="350" aria-label=${`${words.nozzle} ${preset.name}`} value=${preset.nozzle} onChange=${mend(at, "nozzle")} /></td>
          <td><input type="number" min="0" max="150" aria-label=${`${words.bed} ${preset.name}`} value=${preset.bed} onChange=${mend(at, "bed")} /></td>
          <td><${Button} icon="trash" kind="plain" label=${`${texts.remove} ${preset.name}`} onPress=${() => keep(presets.filter((_, index) => index !== at))} /></td></tr>`)}</tbody></table></div>
      <${Button} icon="plus" disabled=${presets.length >= 12} onPress=${() => keep([...presets, { name: "?", nozzle: 200, bed: 60 }])}>${words.addPreset}<//>
    <//>`;
}

function Service() {
  const isAdmin = useMay("admin");
  const [server, status] = [useModel((model) => model.server), useModel((model) => model.status)];
  const facts = [
    [words.version, server?.server ?? "–"], [words.address, location.host], [words.uptime, moment(status?.server_start_time)], [words.clients, status?.active_connections ?? "–"],
  ];
  return html`
    <${Card} title=${words.service}><dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
      <dt>${words.documents}</dt><dd><a href="docs" target="_blank" rel="noreferrer">/docs</a></dd>
      ${isAdmin && html`<dt>${texts.audit.title}</dt><dd><a href=${hashOf("audit")}>${texts.audit.open}</a></dd>`}</dl><//>`;
}

function Configuration() {
  const { value, error } = useAnswer(() => page.client.http("GET", "api/system/config"), []);
  return html`
    <${Card} title=${words.config}><details><summary>${words.configShow}</summary>${error ? html`<p class="refusal">${error.message}</p>` : html`<pre class="lines short" tabindex="0" role="region" aria-label=${words.config}>${value ? JSON.stringify(value.config, null, 1) : texts.loading}</pre>`}</details><//>`;
}

function Log() {
  const [level, setLevel] = useState("info");
  const { value, error, again } = useAnswer(() => page.client.command("system.logs", { level, limit: 200 }, { isRepeatable: true }), [level]);
  const lines = value?.lines ?? [];
  const text = lines.map((line) => `${line.at} ${line.level.padEnd(7)} ${line.event} ${Object.entries(line.fields ?? {}).map(([key, told]) => `${key}=${typeof told === "string" ? told : JSON.stringify(told)}`).join(" ")}`).join("\n");
  return html`
    <${Card} title=${words.log} actions=${html`
      <select aria-label=${words.level} value=${level} onChange=${(event) => setLevel(event.target.value)}>${LEVELS.map((one) => html`<option value=${one}>${one}</option>`)}</select>
      <${Button} kind="small" onPress=${again}>${words.refresh}<//>`}>
      ${error ? html`<p class="refusal">${error.message}</p>` : html`<pre class="lines short" tabindex="0" role="region" aria-label=${words.log}>${text || words.emptyLog}</pre>`}<//>`;
}
