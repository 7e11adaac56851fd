// The few parts of which every page is made.

import { h, render } from "preact";
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import htm from "htm";
import { page } from "./page.js";
import { texts } from "./texts.js";

export const html = htm.bind(h);
export { page, useCallback, useEffect, useLayoutEffect, useRef, useState };

/** The part of the model that `choose` wants; draws again when that part is another one. */
export function useModel(choose) {
  const [, again] = useReducer((count) => count + 1, 0);
  const kept = useRef();
  kept.current = { choose, value: choose(page.model.value) };
  useEffect(() => {
    const look = () => {
      const { choose: wish, value } = kept.current;
      if (!Object.is(wish(page.model.value), value)) again();
    };
    const unlisten = page.model.listen(look);
    look(); // it may have changed between the drawing and now
    return unlisten;
  }, []);
  return kept.current.value;
}

export const useMay = (scope) => useModel((model) => model.scopes.includes(scope));

/** `value`, a new one at most every `ms`: for what is asked anew with each. */
export function useCalm(value, ms) {
  const [calm, setCalm] = useState(value);
  const changedAt = useRef(0);
  useEffect(() => {
    if (Object.is(calm, value)) return undefined;
    const change = () => {
      changedAt.current = Date.now();
      setCalm(value);
    };
    const timer = setTimeout(change, Math.max(0, changedAt.current + ms - Date.now()));
    return () => clearTimeout(timer);
  }, [value]);
  return calm;
}

/** Calls `work` every `ms` while somebody looks. */
export function useTick(ms, work) {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || work(), ms);
    return () => clearInterval(timer);
  }, [ms, work]);
}

/** [run, isRunning]: runs something that may be refused; tells the person if it is. */
export function useAction() {
  const [isRunning, setRunning] = useState(false);
  const run = useCallback(async (work) => {
    setRunning(true);
    try {
      return await work();
    } catch (error) {
      page.model.tell("error", error.message);
      return undefined;
    } finally {
      setRunning(false);
    }
  }, []);
  return [run, isRunning];
}

/** What an asked-for value is now: {value, error, isLoading, again}. Asked anew when one of `on` changes. */
export function useAnswer(ask, on) {
  const [answer, setAnswer] = useState({ value: undefined, error: null, isLoading: true });
  const turn = useRef(0);
  const again = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const value = await ask();
      if (mine === turn.current) setAnswer({ value, error: null, isLoading: false });
    } catch (error) {
      if (mine === turn.current) setAnswer((before) => ({ ...before, error, isLoading: false }));
    }
  }, on);
  useEffect(() => {
    again();
    return () => { turn.current += 1; };
  }, [again]);
  return { ...answer, again };
}

/** Asks for a command, tells the person when it is refused. */
export async function order(operation, params = {}, printer = undefined) {
  try {
    return await page.client.command(operation, params, { printer });
  } catch (error) {
    page.model.tell("error", error.message, printer);
    return null;
  }
}

const PATHS = {
  printer: "M5 4h14v5H5zM7 9v4m10-4v4M4 20h16M9 13h6l-3 4z",
  files: "M4 5h6l2 2h8v12H4z",
  queue: "M4 6h16M4 12h16M4 18h10",
  terminal: "M4 5h16v14H4zM7 9l3 3-3 3m5 0h5",
  overview: "M4 4h7v7H4zm9 0h7v7h-7zM4 13h7v7H4zm9 0h7v7h-7z",
  layers: "M12 4l8 4-8 4-8-4zm-8 8l8 4 8-4M4 16l8 4 8-4",
  settings: "M4 7h10m4 0h2M4 17h2m4 0h10M14 4v6M6 14v6",
  history: "M12 7v5l3 2M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4",
  stop: "M8.5 3h7L21 8.5v7L15.5 21h-7L3 15.5v-7zM9 9l6 6m0-6l-6 6",
  pause: "M8 5v14M16 5v14", play: "M7 5l12 7-12 7z", cancel: "M6 6l12 12M18 6L6 18",
  up: "M12 19V5m-6 6l6-6 6 6", down: "M12 5v14m-6-6l6 6 6-6", left: "M19 12H5m6-6l-6 6 6 6", right: "M5 12h14m-6-6l6 6-6 6",
  home: "M4 11l8-7 8 7v9h-6v-6h-4v6H4z", more: "M5 12h.01M12 12h.01M19 12h.01", upload: "M12 16V4m-5 5l5-5 5 5M4 20h16",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13", folder: "M4 5h6l2 2h8v12H4z", power: "M12 3v9M6.5 6.5a8 8 0 1 0 11 0",
  plus: "M12 5v14M5 12h14", minus: "M5 12h14", whole: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01", link: "M9 15l6-6M8 11l-2 2a3 3 0 0 0 5 5l2-2m3-3l2-2a3 3 0 0 0-5-5l-2 2",
  display: "M4 5h16v10H4zM9 19h6M12 15v4",
  host: "M4 5h16v6H4zm0 8h16v6H4zM7 8h.01M7 16h.01", copy: "M8 8h11v12H8zM5 16V4h11",
};

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;

/** A button; with `label` its words for those who do not see the icon. Disabled while it works. */
export function Button({ icon, label, kind = "", onPress, children, disabled = false, ...rest }) {
  const [run, isRunning] = useAction();
  return html`
    <button type="button" class=${`button ${kind}`} aria-label=${children ? undefined : label} title=${children ? undefined : label}
      disabled=${disabled || isRunning} onClick=${(event) => run(async () => onPress(event))} ...${rest}>
      ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
    </button>`;
}

/** A form whose `onSubmit` is not begun again while it is under way: a double click sends once. */
export function Form({ onSubmit, children, ...rest }) {
  const isUnderWay = useRef(false);
  const submit = async (event) => {
    event.preventDefault();
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    try {
      await onSubmit(event);
    } finally {
      isUnderWay.current = false;
    }
  };
  return html`<form ...${rest} onSubmit=${submit}>${children}</form>`;
}

/** A key that is held down presses once. */
const once = (event) => { if (event.repeat && event.key === "Enter") event.preventDefault(); };

/** What asks for a second press on the same spot within a few seconds, instead of opening something. The second half of a double
 * click is no second thought, nor is a key that is held down. */
export function SureButton({ children, sure, onPress, ...rest }) {
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (!isAsking) return undefined;
    const timer = setTimeout(() => setAsking(false), 4000);
    return () => clearTimeout(timer);
  }, [isAsking]);
  const press = (event) => {
    if (!isAsking) return setAsking(true);
    if (event.detail > 1) return undefined;
    setAsking(false);
    return onPress();
  };
  return html`<${Button} ...${rest} kind=${`${rest.kind ?? ""} ${isAsking ? "asking" : ""}`} onKeyDown=${once} onPress=${press}>${isAsking ? sure : children}<//>`;
}

export function Card({ title, icon, actions, children, class: name = "", ...rest }) {
  return html`
    <section class=${`card ${name}`} aria-label=${title} ...${rest}>
      <header><h2>${icon && html`<${Icon} name=${icon} />`}${title}</h2><div class="actions">${actions}</div></header>
      ${children}
    </section>`;
}

/** The dialogs that are open, the latest last: {box, close}. */
const open = [];

/** While a dialog is open everything around it is out of reach, for pointer, keyboard and screen reader alike; but not the emergency
 * stop, and not what is announced. So none of them is `aria-modal`: that would hide the stop from those who cannot see it. */
export function setAside() {
  for (const one of document.querySelectorAll("#page > .skip, #page > .nav, #page > main, .head > a, .head > select")) one.inert = open.length > 0;
  open.forEach(({ box }, at) => { box.inert = at < open.length - 1; });
}

function giveBack(before) {
  if (open.length) return open[open.length - 1].box.querySelector(".dialog").focus();
  const goal = before && before !== document.body && before.isConnected && !before.disabled ? before : document.getElementById("content");
  return goal?.focus({ preventScroll: true }); // what the person was looking at stays where it is
}

function escape(event) {
  if (event.key === "Escape" && !event.defaultPrevented) open[open.length - 1]?.close.current?.();
}

/** A dialog under the head of the page, so that the emergency stop stays in reach. It takes the focus and gives it back; Escape
 * closes the latest one, where it may be closed. isUrgent: nobody asked for it. It stands beside the page in the document, and
 * so it is drawn by itself. */
export function Dialog(props) {
  const box = useRef();
  const close = useRef();
  box.current ??= document.createElement("div");
  close.current = props.onClose;
  useLayoutEffect(() => { render(html`<${Sheet} ...${props} />`, box.current); });
  useLayoutEffect(() => {
    const before = document.activeElement;
    const mine = { box: box.current, close };
    document.body.append(mine.box);
    if (open.push(mine) === 1) document.addEventListener("keydown", escape);
    setAside();
    mine.box.querySelector(".dialog").focus();
    return () => {
      open.splice(open.indexOf(mine), 1);
      if (!open.length) document.removeEventListener("keydown", escape);
      render(null, mine.box);
      mine.box.remove();
      setAside();
      giveBack(before);
    };
  }, []);
  return null;
}

const Sheet = ({ title, onClose, children, actions, isUrgent = false }) => html`
  <div class="veil" onClick=${(event) => event.target === event.currentTarget && onClose && onClose()}>
    <div class="dialog" role=${isUrgent ? "alertdialog" : "dialog"} aria-label=${title} aria-describedby=${isUrgent ? "asked" : undefined} tabindex="-1">
      <header><h2>${title}</h2>${onClose && html`<${Button} icon="cancel" kind="plain" label=${texts.close} onPress=${onClose} />`}</header>
      <div class="content" id=${isUrgent ? "asked" : undefined}>${children}</div>
      ${actions && html`<footer>${actions}</footer>`}
    </div>
  </div>`;

/** level: of the heading, one below what it stands under. */
export const Empty = ({ icon, title, children, level = 3 }) => html`
  <div class="empty"><${Icon} name=${icon} /><${`h${level}`} class="empty-title">${title}<//><p>${children}</p></div>`;

export const Meter = ({ value, label }) => html`
  <div class="meter" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
    aria-valuenow=${Math.round((value ?? 0) * 100)}><div style=${{ width: `${Math.min(100, Math.max(0, (value ?? 0) * 100))}%` }} /></div>`;

export const Chip = ({ kind = "", children, ...rest }) => html`<span class=${`chip ${kind}`} ...${rest}>${children}</span>`;
