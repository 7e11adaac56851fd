// Uploads under way: one after the other, so that a slow link is not shared; what went wrong stays until it is put away.

import { baseName } from "./format.js";
import { texts } from "./texts.js";
import { page } from "./ui.js";

const KINDS = /\.(gcode|gco|g|bgcode)(\.gz)?$/i;

let next = 1;
let isWorking = false;

const put = (change) => page.model.set({ uploads: change(page.model.value.uploads) });
const mend = (id, change) => put((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));

export const dismissUpload = (id) => {
  page.model.value.uploads.find((one) => one.id === id)?.request?.abort();
  put((all) => all.filter((one) => one.id !== id));
};

/** files: of an input or a drop. folder: "" for the top. */
export function addUploads(files, folder) {
  for (const file of files) {
    if (!KINDS.test(file.name)) {
      page.model.tell("error", texts.files.wrongKind(file.name));
      continue;
    }
    const path = folder ? `${folder}/${file.name}` : file.name;
    put((all) => [...all, { id: next++, file, path, share: 0, state: "waiting", error: "", isNewOnly: true }]);
  }
  work();
}

export function replaceUpload(id) {
  mend(id, { state: "waiting", error: "", isNewOnly: false, share: 0 });
  work();
}

async function work() {
  if (isWorking) return;
  isWorking = true;
  try {
    let upload = waiting();
    while (upload) {
      await send(upload);
      upload = waiting();
    }
  } finally {
    isWorking = false;
  }
}

const waiting = () => page.model.value.uploads.find((one) => one.state === "waiting");

async function send({ id, file, path, isNewOnly }) {
  const { request, done } = page.client.upload(path, file, { isNewOnly }, (share) => mend(id, { share }));
  mend(id, { state: "sending", request });
  try {
    await done;
    mend(id, { state: "done", share: 1, request: null });
    setTimeout(() => put((all) => all.filter((one) => one.id !== id)), 4000);
  } catch (error) {
    const isThere = error.status === 412 || (error.status === 409 && isNewOnly);
    mend(id, { state: isThere ? "exists" : "failed", error: isThere ? texts.files.exists(baseName(path)) : error.message, request: null });
  }
}
