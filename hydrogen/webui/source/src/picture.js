// Pictures out of G-code files. They need the session, so they are fetched and shown as blobs; a few are kept.

import { html, page, useEffect, useState } from "./ui.js";

const MOST = 60;
const kept = new Map();

function fetchPicture(url) {
  if (!kept.has(url)) {
    if (kept.size >= MOST) {
      const [oldest, promise] = kept.entries().next().value;
      kept.delete(oldest);
      promise.then((made) => made && URL.revokeObjectURL(made));
    }
    const fetched = page.client.http("GET", url, { isRaw: true })
      .then((answer) => answer.blob()).then((blob) => URL.createObjectURL(blob)).catch(() => { kept.delete(url); return ""; });
    kept.set(url, fetched);
  }
  return kept.get(url);
}

/** The picture of a file whose width is nearest to what is wanted. thumbnails: as file.info tells them. */
export function Picture({ thumbnails, width, alt = "", fallback = null }) {
  const [source, setSource] = useState("");
  const nearest = [...(thumbnails ?? [])].sort((one, other) => Math.abs(one.width - width) - Math.abs(other.width - width))[0];
  const url = nearest?.url?.replace(/^\//, "") ?? "";
  useEffect(() => {
    let isWanted = true;
    setSource("");
    if (url) fetchPicture(url).then((made) => isWanted && setSource(made));
    return () => { isWanted = false; };
  }, [url]);
  return source ? html`<img class="picture" src=${source} alt=${alt} />` : fallback;
}
