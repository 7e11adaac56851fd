// Makes `../built`: the scripts, one style sheet and the page, named by their content and packed with gzip beforehand.
//
// main.js is what is needed first, each other page is loaded when somebody goes there, and what they share (kit.js) is one script.
// The page names all that is needed first, so that nothing waits for a script that waits for a script.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "built");
const parts = `${target}.part-${process.pid}`;

const MAIN = "src/main.js";

const made = await build({
  absWorkingDir: here, entryPoints: [MAIN, "style.css"], entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]",
  outdir: parts, bundle: true, splitting: true, minify: true, write: false, metafile: true, format: "esm",
  target: ["es2022", "safari15.4"], legalComments: "none", logLevel: "warning",
});

/** What esbuild made of each source that is an entry or loaded later, and what of it is needed before it runs. */
const outputs = Object.entries(made.metafile.outputs).map(([path, told]) => ({
  name: basename(path), entry: told.entryPoint ?? "", needs: told.imports.filter((one) => one.kind === "import-statement").map((one) => basename(one.path)),
}));

const outputOf = (source) => outputs.find((one) => one.entry === source) ?? fail(`${source} is no part that is loaded by itself`);

function fail(why) {
  throw new Error(why);
}

function neededBy(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const other of outputs.find((one) => one.name === name).needs) neededBy(other, found);
  return found;
}

const first = neededBy(outputOf(MAIN).name);

async function put(name, content) {
  const bytes = Buffer.from(content);
  await writeFile(join(parts, name), bytes);
  await writeFile(join(parts, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}

await rm(parts, { recursive: true, force: true });
await mkdir(join(parts, "assets"), { recursive: true });
for (const file of made.outputFiles) await put(`assets/${basename(file.path)}`, file.contents);

const icon = await readFile(join(here, "icon.svg"), "utf8");
const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
await put(`assets/${iconName}`, icon);

const main = outputOf(MAIN).name;
const preloads = [...first].filter((name) => name !== main).map((name) => `<link rel="modulepreload" href="assets/${name}">`);
const filledIn = { "{main.js}": `assets/${main}`, "{style.css}": `assets/${outputOf("style.css").name}`, "{icon.svg}": `assets/${iconName}`, "{first}": preloads.join("\n    ") };
let page = await readFile(join(here, "index.html"), "utf8");
for (const [mark, text] of Object.entries(filledIn)) page = page.replaceAll(mark, text);
await put("index.html", page);
await rm(target, { recursive: true, force: true });
await rename(parts, target);

const sizes = {};
for (const name of await readdir(join(target, "assets"))) {
  if (name.endsWith(".gz")) sizes[name.slice(0, -3)] = (await readFile(join(target, "assets", name))).length;
}
const sum = (names) => (names.reduce((all, name) => all + (sizes[name] ?? 0), 0) / 1000).toFixed(1);
console.log(`${target}: ${sum(Object.keys(sizes))} kB gzipped, ${sum([...first, outputOf("style.css").name, iconName])} of them at first`);
