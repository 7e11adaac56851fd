// Uploads and prints a file with @jamesgopsill/octoprint-client, and follows the print by push with sockjs-client.
// node print.mjs URL KEY FILE TRANSPORT; prints one JSON object: what was seen.
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { createRequire } from "node:module"
import { OctoPrintClient } from "@jamesgopsill/octoprint-client"
import SockJS from "sockjs-client"

const [url, key, file, transport] = process.argv.slice(2)
const client = new OctoPrintClient(url, key)
const name = basename(file)
console.log = console.error // the library tells the address of an upload on the standard output

function fail(why) {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

async function good(what, asked, statuses) {
  const answer = await asked
  if (!statuses.includes(answer.status)) fail(`${what}: ${answer.status}`)
  return answer.data
}

const octo = createRequire(import.meta.url)("octo-client/config.js")
Object.assign(octo, { hostName: new URL(url).hostname, port: new URL(url).port, apiKey: key })
const octoClient = createRequire(import.meta.url)("octo-client")
const asked = (method) => new Promise((resolve) => octoClient[method](resolve))

const login = await fetch(`${url}/api/login`, {
  method: "POST",
  headers: { "X-Api-Key": key, "Content-Type": "application/json" },
  body: JSON.stringify({ passive: true }),
})
const { name: user, session } = await login.json()

const seen = {
  version: (await good("version", client.version(), [200])).text,
  printerState: (await asked("printerState")).state.text,
  first: null,
  kinds: [],
  events: [],
  completions: [],
  heaters: [],
  longest: 0,
}

let done = null
const socket = new SockJS(`${url}/sockjs`, null, { transports: [transport] })
socket.onopen = () => { seen.transport = socket.transport }
socket.onclose = (event) => { if (!seen.events.includes("PrintDone")) fail(`closed: ${event.code} ${event.reason}`) }
socket.onmessage = async ({ data }) => {
  const [kind] = Object.keys(data)
  seen.first ??= kind
  if (!seen.kinds.includes(kind)) seen.kinds.push(kind)
  if (kind === "connected") socket.send(JSON.stringify({ auth: `${user}:${session}` }))
  if (kind === "history") await print()
  if (kind === "current") {
    seen.longest = Math.max(seen.longest, JSON.stringify(data).length)
    seen.completions.push(data.current.progress.completion)
    for (const moment of data.current.temps)
      for (const heater of Object.keys(moment))
        if (heater !== "time" && !seen.heaters.includes(heater)) seen.heaters.push(heater)
    if (done) await finish(done)
  }
  if (kind === "event") {
    seen.events.push(data.event.type)
    if (data.event.type === "PrintDone") done = data.event.payload // a state behind it follows, however short the print was
  }
}

async function print() {
  await good("upload", client.uploadGcode("local", name, readFileSync(file)), [201])
  await good("print", client.print(name), [204])
}

async function finish(payload) {
  done = null
  seen.done = payload
  seen.job = (await good("job", client.jobInformation(), [200])).state
  await good("copy", client.copyFile("local", name, "copy.gcode"), [201])
  await good("delete", client.deleteFile("local", "copy.gcode"), [204])
  seen.files = (await good("files", client.files(), [200])).files.map((one) => one.path)
  process.stdout.write(`${JSON.stringify(seen)}\n`)
  socket.close()
  process.exit(0)
}
