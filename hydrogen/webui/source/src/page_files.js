import "./kit.js";
import { baseName, bytes, duration, folderOf, moment } from "./format.js";
import { FileDetails } from "./file_details.js";
import { newsOf } from "./house.js";
import { Picture } from "./picture.js";
import { hashOf } from "./route.js";
import { texts } from "./texts.js";
import { Turns } from "./turns.js";
import { addUploads, dismissUpload, replaceUpload } from "./uploads.js";
import { Button, Card, Dialog, Empty, Form, Icon, Meter, html, order, page, useAnswer, useCalm, useEffect, useMay, useModel, useRef, useState } from "./ui.js";

const PAGE = 60;

/** Between two looks at the list, while files come one after the other. */
const CALM_MS = 1500;

/** Rows that ask what is known of their file: a third of the commands that a key may give. */
const turns = new Turns(20, 100);

async function allFiles() {
  const [files, folders] = [[], new Set()];
  let [after, free] = ["", null];
  // A folder of very many files comes in parts; ten of them are as many as a person looks through.
  for (let part = 0; part < 10; part += 1) {
    const told = await page.client.command("file.list", { limit: 1000, ...(after ? { after } : {}) }, { isRepeatable: true });
    files.push(...told.files);
    for (const folder of told.folders ?? []) folders.add(typeof folder === "string" ? folder : folder.path);
    free = told.free_bytes ?? free;
    if (!told.next) break;
    after = told.next;
  }
  return { files, folders: [...folders], free };
}

const pathOf = (file) => file.path ?? file.name;

function shownIn({ files, folders }, folder, search) {
  if (search) {
    const wanted = search.toLowerCase();
    return { folders: [], files: files.filter((file) => pathOf(file).toLowerCase().includes(wanted)) };
  }
  const within = new Set(folders);
  for (const file of files) {
    for (let above = folderOf(pathOf(file)); above; above = folderOf(above)) within.add(above);
  }
  return {
    folders: [...within].filter((one) => folderOf(one) === folder).sort((one, other) => one.localeCompare(other)),
    files: files.filter((file) => folderOf(pathOf(file)) === folder),
  };
}

const ORDERS = {
  changed: (one, other) => String(other.modified_at).localeCompare(String(one.modified_at)),
  name: (one, other) => pathOf(one).localeCompare(pathOf(other), undefined, { numeric: true }),
  size: (one, other) => other.size_bytes - one.size_bytes,
};

export function FilesPage({ name, rest }) {
  const folder = rest.join("/");
  const news = useCalm(useModel((model) => model.house.news.files), CALM_MS);
  const link = useModel((model) => model.link === "live");
  const mayFiles = useMay("files");
  const { value, isLoading } = useAnswer(allFiles, [news, link]);
  const [search, setSearch] = useState("");
  const [sorted, setSorted] = useState("changed");
  const [open, setOpen] = useState("");
  const [most, setMost] = useState(PAGE);
  const chooser = useRef();
  const shown = value ? shownIn(value, folder, search) : { folders: [], files: [] };
  const files = [...shown.files].sort(ORDERS[sorted]);
  const add = (list) => addUploads(list, folder);
  return html`
    <div class="page-head"><h1>${texts.files.title}</h1>
      <input type="search" class="search" placeholder=${texts.files.search} aria-label=${texts.files.search} value=${search} onInput=${(event) => setSearch(event.target.value)} />
      <select aria-label=${texts.files.sort} value=${sorted} onChange=${(event) => setSorted(event.target.value)}>
        ${["changed", "name", "size"].map((one) => html`<option value=${one}>${texts.files.orders[one]}</option>`)}</select>
      ${mayFiles && html`<${NewFolder} folder=${folder} />
        <${Button} icon="upload" kind="primary" onPress=${() => chooser.current.click()}>${texts.files.upload}<//>
        <input type="file" class="unseen" tabindex="-1" aria-hidden="true" multiple accept=".gcode,.gco,.g,.bgcode,.gz" ref=${chooser}
          onChange=${(event) => { add([...event.target.files]); event.target.value = ""; }} />`}
    </div>
    <${Crumbs} rest=${rest} free=${value?.free} />
    <${DropPlace} isOpen=${mayFiles} onFiles=${add}>
      <${Uploads} />
      ${shown.folders.length > 0 && html`<ul class="folders">${shown.folders.map((one) => html`<${Folder} key=${one} path=${one} may=${mayFiles} />`)}</ul>`}
      ${files.length > 0
        ? html`<ul class="files">${files.slice(0, most).map((file) => html`<${FileRow} key=${`${pathOf(file)} ${file.modified_at}`} file=${file} name=${name} onOpen=${setOpen} />`)}</ul>`
        : isLoading ? html`<p class="loading">${texts.loading}</p>` : shown.folders.length === 0 && html`
          <${Empty} level=${2} icon="files" title=${search ? texts.files.nothingFound : texts.files.none}>${search ? "" : texts.files.noneText}<//>`}
      ${files.length > most && html`<div class="row centre"><${Button} onPress=${() => setMost(most + PAGE)}>${texts.more} (${files.length - most})<//></div>`}
    <//>
    ${open && html`<${FileDetails} key=${open} path=${open} name=${name} onClose=${() => setOpen("")} />`}`;
}

function Crumbs({ rest, free }) {
  return html`
    <div class="crumbs"><a href="#/files">${texts.files.top}</a>
      ${rest.map((part, at) => html`<span aria-hidden="true">/</span><a href=${hashOf("files", ...rest.slice(0, at + 1))}>${part}</a>`)}
      <span class="space" />${typeof free === "number" && html`<span class="hint">${texts.files.free(bytes(free))}</span>`}</div>`;
}

/** Takes files that are dropped anywhere on it. */
function DropPlace({ isOpen, onFiles, children }) {
  const [isOver, setOver] = useState(false);
  if (!isOpen) return html`<div>${children}</div>`;
  const hold = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  };
  return html`
    <div class=${`drop ${isOver ? "over" : ""}`} onDragOver=${hold} onDragLeave=${(event) => event.currentTarget.contains(event.relatedTarget) || setOver(false)} onDrop=${drop}>
      ${isOver && html`<div class="drop-word"><${Icon} name="upload" />${texts.files.drop}</div>`}${children}
    </div>`;
}

function Uploads() {
  const uploads = useModel((model) => model.uploads);
  if (!uploads.length) return null;
  return html`
    <${Card} title=${texts.files.uploads} class="uploads">
      ${uploads.map((one) => html`
        <div class="upload" key=${one.id}><span class="upload-name">${baseName(one.path)}</span>
          ${one.error ? html`<span class="refusal" role="alert">${one.error}</span>` : html`<${Meter} value=${one.share} label=${one.path} /><span class="hint">${one.state === "done" ? texts.files.done : `${Math.round(one.share * 100)} %`}</span>`}
          ${one.state === "exists" && html`<${Button} kind="small" onPress=${() => replaceUpload(one.id)}>${texts.files.replace}<//>`}
          <${Button} icon="cancel" kind="plain" label=${texts.close} onPress=${() => dismissUpload(one.id)} /></div>`)}
    <//>`;
}

function NewFolder({ folder }) {
  const [isOpen, setOpen] = useState(false);
  const make = async (event) => {
    const named = event.currentTarget.elements.folder.value.trim();
    if (named && await order("file.make_folder", { folder: folder ? `${folder}/${named}` : named })) {
      page.model.refresh("files"); // no event tells of an empty folder
      setOpen(false);
    }
  };
  return html`
    <${Button} icon="folder" label=${texts.files.newFolder} onPress=${() => setOpen(true)} />
    ${isOpen && html`<${Dialog} title=${texts.files.newFolder} onClose=${() => setOpen(false)}>
      <${Form} onSubmit=${make}><label class="field"><span>${texts.files.folderName}</span><input name="folder" required maxlength="100" /></label>
        <button class="button primary" type="submit"><span>${texts.save}</span></button><//><//>`}`;
}

function Folder({ path, may }) {
  const remove = async () => { if (await order("file.delete_folder", { folder: path })) page.model.refresh("files"); };
  return html`
    <li><a href=${hashOf("files", ...path.split("/"))}><${Icon} name="folder" /><span>${baseName(path)}</span></a>
      ${may && html`<${Button} icon="trash" kind="plain" label=${`${texts.files.deleteFolder} ${baseName(path)}`} onPress=${remove} />`}</li>`;
}

/** What is known of a file is asked for when its row is near to be seen. */
function FileRow({ file, name, onOpen }) {
  const path = pathOf(file);
  const place = useRef();
  const [info, setInfo] = useState(null);
  const news = useModel((model) => newsOf(model.house, path));
  const live = useModel((model) => model.link === "live");
  useEffect(() => {
    if (!live || (info && info.state !== "pending")) return undefined;
    let isOver = false;
    let giveUp = () => undefined;
    const ask = async () => {
      watch.disconnect();
      try {
        const told = await page.client.command("file.info", { file: path }, { printer: name || undefined, isRepeatable: true });
        if (!isOver) setInfo(told);
      } catch (error) {
        if (!isOver && error.code === "rate_limited") giveUp = turns.take(ask);
      }
    };
    const watch = new IntersectionObserver((seen) => {
      giveUp();
      if (seen.at(-1).isIntersecting) giveUp = turns.take(ask);
    }, { rootMargin: "200px" });
    watch.observe(place.current);
    return () => {
      isOver = true;
      watch.disconnect();
      giveUp();
    };
  }, [path, news, live]);
  const worst = info?.preflight?.findings?.find((one) => one.severity === "error") ?? info?.preflight?.findings?.find((one) => one.severity === "warning");
  return html`
    <li ref=${place}>
      <button type="button" class="file" onClick=${() => onOpen(path)}>
        <${Picture} thumbnails=${info?.thumbnails} width=${96} fallback=${html`<span class="no-picture small"><${Icon} name="layers" /></span>`} />
        <span class="file-name"><b>${baseName(path)}</b><small>${bytes(file.size_bytes)} · ${moment(file.modified_at)}</small></span>
        <span class="file-time">${info?.state === "pending" ? texts.files.pending : info ? duration(info.print_seconds) : ""}</span>
        ${worst && html`<span class=${`chip ${worst.severity === "error" ? "bad" : "warn"}`}>${texts.files.severity[worst.severity]}</span>`}
      </button>
    </li>`;
}
