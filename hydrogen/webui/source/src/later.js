// Parts of the page that are loaded when they are drawn first. One that does not come (the service was replaced by another
// version, whose parts are called otherwise) says so, and loading the page anew brings it.

import { texts } from "./texts.js";
import { Button, html, useEffect, useState } from "./ui.js";

/** A component that stands for the one that `load()` brings under `name`. placeholder: what is drawn until then. */
export function later(load, name, placeholder = null) {
  let Part = null;
  let coming = null;
  const fetchPart = () => {
    coming ??= load().then((told) => { Part = told[name]; }).catch((error) => { coming = null; throw error; });
    return coming;
  };
  const Later = (props) => {
    const [state, setState] = useState(Part ? "here" : "coming");
    useEffect(() => {
      let isWanted = true;
      if (!Part) fetchPart().then(() => isWanted && setState("here"), () => isWanted && setState("missing"));
      return () => { isWanted = false; };
    }, []);
    if (Part) return html`<${Part} ...${props} />`;
    if (state === "missing") return html`<div class="bar warn" role="alert"><div>${texts.partMissing}</div><${Button} onPress=${() => location.reload()}>${texts.reload}<//></div>`;
    return placeholder;
  };
  Later.fetch = fetchPart;
  return Later;
}
