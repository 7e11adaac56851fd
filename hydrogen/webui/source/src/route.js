// `#/printer/ender3`, `#/files/folder`: where the person is. In the fragment, so that any path prefix works and no reload happens.

/** "#/files/a%20b/c" → {name: "files", rest: ["a b", "c"]}. */
export function routeFrom(hash) {
  const [name = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { name, rest: rest.filter(Boolean) };
}

export const hashOf = (name, ...rest) => `#/${[name, ...rest].map(encodeURIComponent).join("/")}`;
