import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { texts } from "../src/texts.js";

const SRC = new URL("../src/", import.meta.url);

/** Where a file reads texts: paths such as `history.title`; `history.*` for a group that is handed on, or read by a name that
 *  only the running page knows. A group may have another name in the file: `const words = texts.history`. */
function pathsIn(written) {
  const source = written.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
  const names = new Map([["texts", new Set([""])]]);
  const paths = new Set();
  for (const [, name, path] of source.matchAll(/\b(\w+) = texts((?:\.\w+)+)(?![\w.[(?])/g)) {
    if (!names.has(name)) names.set(name, new Set());
    names.get(name).add(path.slice(1));
  }
  for (const [name, groups] of names) {
    const reads = new RegExp(String.raw`(?<![\w./])(?:\w+ = )?${name}((?:\??\.\w+)*)(\??\.?\[)?(?!\w| =[^=])`, "g");
    for (const [read, path, isComputed] of source.matchAll(reads)) {
      const isNaming = /^\w+ = texts/.test(read) && !isComputed && names.get(read.split(" ")[0])?.has(path.slice(1));
      if (isNaming) continue;
      for (const group of groups) {
        const whole = [group, ...path.split(/\??\./)].filter(Boolean).join(".");
        if (whole) paths.add(isComputed ? `${whole}.*` : whole);
      }
    }
  }
  return paths;
}

/** The paths of texts that nobody reads. */
function* unread(group, paths, at = "") {
  for (const [key, value] of Object.entries(group)) {
    const path = at ? `${at}.${key}` : key;
    if (paths.has(path) || (at && paths.has(`${at}.*`))) continue;
    if (value && typeof value === "object" && !Array.isArray(value)) yield* unread(value, paths, path);
    else if (![...paths].some((one) => one.startsWith(`${path}.`))) yield path;
  }
}

/** Is there no text at this path, and none that the rest of it is asked of (`history.title.length`)? */
function isMissing(path) {
  let found = texts;
  for (const key of path.split(".")) {
    if (key === "*" || typeof found !== "object" || Array.isArray(found)) return false;
    found = found[key];
    if (found === undefined) return true;
  }
  return false;
}

const paths = new Set();
for (const file of readdirSync(SRC)) {
  if (!file.endsWith(".js") || file === "texts.js") continue;
  for (const path of pathsIn(readFileSync(new URL(file, SRC), "utf8"))) paths.add(path);
}

test("every text is read somewhere", () => assert.deepEqual([...unread(texts, paths)], []));

test("every text that is read is there", () => assert.deepEqual([...paths].filter(isMissing), []));

test("a text that nobody reads is found, by whatever name its group goes", () => {
  const some = { a: "1", b: { c: "2", d: "3", e: { f: "4" } }, g: { h: "5" }, i: { j: "6" } };
  const paths = pathsIn("const words = texts.b; show(words.c, texts.g[name]); const more = texts.i; show(more);");
  assert.deepEqual([...unread(some, paths)], ["a", "b.d", "b.e.f"]);
});
