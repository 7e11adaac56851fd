// Makes `../built`: one script, one style sheet and the page, named by their content and packed with gzip beforehand.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "built");
const parts = `${target}.part-${process.pid}`;

const made = await build({
  entryPoints: [join(here, "src", "main.js"), join(here, "style.css")],
  outdir: parts, bundle: true, minify: true, write: false, format: "esm", target: ["es2022", "safari15.4"], legalComments: "none",
  logLevel: "warning",
});

const digest = (content) => createHash("sha256").update(content).digest("hex").slice(0, 12);

async function put(name, content) {
  const bytes = Buffer.from(content);
  await writeFile(join(parts, name), bytes);
  await writeFile(join(parts, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}

await rm(parts, { recursive: true, force: true });
await mkdir(join(parts, "assets"), { recursive: true });
let page = await readFile(join(here, "index.html"), "utf8");
const icon = await readFile(join(here, "icon.svg"), "utf8");
const assets = made.outputFiles.map((file) => [file.path.endsWith(".css") ? "style.css" : "main.js", file.contents]);
for (const [name, content] of [...assets, ["icon.svg", icon]]) {
  const [stem, kind] = name.split(".");
  const named = `assets/${stem}-${digest(content)}.${kind}`;
  await put(named, content);
  page = page.replaceAll(`{${name}}`, named);
}
await put("index.html", page);
await rm(target, { recursive: true, force: true });
await rename(parts, target);

let sum = 0;
for (const name of ["index.html.gz", ...(await readdir(join(target, "assets"))).filter((one) => one.endsWith(".gz")).map((one) => `assets/${one}`)]) {
  sum += (await readFile(join(target, name))).length;
}
console.log(`${target}: ${(sum / 1000).toFixed(1)} kB gzipped`);
