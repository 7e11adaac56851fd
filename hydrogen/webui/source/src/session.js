// The session: made of a key, which is forgotten at once. Its token lies in the tab's storage, or in the browser's where the
// person wants to be remembered. No cookies.

const NAME = "hydrogen.session";

export class SessionStore {
  constructor(tab, browser) {
    this.tab = tab;
    this.browser = browser;
  }

  /** {token, expiresAt} or null; one that is over is forgotten. */
  read(now = Date.now()) {
    for (const storage of [this.tab, this.browser]) {
      try {
        const found = JSON.parse(storage.getItem(NAME));
        if (found && typeof found.token === "string" && Date.parse(found.expiresAt) > now) return found;
      } catch { /* damaged, or not allowed: as if nothing were there */ }
    }
    this.forget();
    return null;
  }

  get isRemembered() {
    try {
      return this.browser.getItem(NAME) !== null;
    } catch {
      return false;
    }
  }

  keep(session, isRemembered) {
    this.forget();
    try {
      (isRemembered ? this.browser : this.tab).setItem(NAME, JSON.stringify(session));
    } catch { /* private mode: the session lives as long as the page */ }
  }

  forget() {
    for (const storage of [this.tab, this.browser]) {
      try {
        storage.removeItem(NAME);
      } catch { /* not allowed: nothing is there */ }
    }
  }
}

/** Where the WebSocket is: its own port beside ours; by the way we came where a proxy stands between (another port than the
 * service's own, or another path than `/`). */
export function socketAddress(page, ports, ticket, since) {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  const query = new URLSearchParams({ ticket, ...(since ? { since } : {}) });
  const shownPort = Number(page.port || (page.protocol === "https:" ? 443 : 80));
  const folder = page.pathname.replace(/[^/]*$/, "");
  const isDirect = shownPort === ports.web && folder === "/";
  const base = isDirect ? `${scheme}//${page.hostname}:${ports.websocket}/` : `${scheme}//${page.host}${folder}websocket`;
  return `${base}?${query}`;
}
