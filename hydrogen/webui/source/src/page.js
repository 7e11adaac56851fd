/** What there is one of on a page: set by main.js before the first drawing, read by the pages. */
export const page = { model: null, client: null, terminal: null, settings: null };
