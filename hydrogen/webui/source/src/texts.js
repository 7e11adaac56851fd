// Every text that people read, in one place. A translation is another object of this shape.

export const texts = {
  name: "Hydrogen",
  close: "Close", save: "Save", retry: "Try again", remove: "Remove", loading: "Loading…",
  unknown: "not known", any: "any printer", more: "More",
  partMissing: "This part of the page could not be loaded: the service may be another version now.", reload: "Load the page again",

  months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],

  status: {
    offline: "Offline", connecting: "Connecting", idle: "Ready", printing: "Printing", pausing: "Pausing", paused: "Paused",
    resuming: "Resuming", cancelling: "Cancelling", finishing: "Finishing", error: "Error", halted: "Halted",
    link_lost: "Connection lost", preparing: "Preparing", queued: "Waiting", completed: "Completed", cancelled: "Cancelled",
    failed: "Failed", interrupted: "Interrupted",
  },

  link: {
    live: "Live", connecting: "Connecting to the service…", waiting: "The service does not answer. Trying again…",
    waitingHint: "Prints go on without this page. What is shown may be old.",
  },

  signIn: {
    key: "Key", keyHint: "A key of this service. The first one lies in the file api_key of its data folder.",
    remember: "Remember me in this browser", go: "Sign in", goes: "Signing in…",
    wrong: "This key is not known here.", tooOften: (seconds) => `Too many attempts. Wait ${Math.ceil(seconds)} s.`,
    forbidden: "This key may not look at anything.", unreachable: "The service does not answer.",
    ended: "The session is over. Sign in again to go on.",
    renew: "Your session ends soon. Enter the key to stay here:", renewGo: "Stay", who: (name) => `Signed in as ${name}`, out: "Sign out",
  },

  nav: {
    main: "Pages", overview: "Overview", printer: "Printer", files: "Files", queue: "Queue", history: "History", terminal: "Terminal",
    layers: "G-code", settings: "Settings", choose: "Printer", skip: "Skip to the page",
  },

  stop: { label: "Emergency stop", short: "STOP", done: "Emergency stop was sent.", already: "The printer has told that it is stopped already. To be quite sure, cut its power.", failed: "The emergency stop was not answered. Cut the power." },

  printer: {
    noneTitle: "No printer yet", first: "Three steps to the first print",
    plugIn: "Plug the printer in and switch it on.", portsFound: "Choose the printer's port. These are here:", lookAgain: "Look again", noPorts: "Then choose its port. None was found yet.",
    usePort: (port) => `Use ${port}`, use: "Use this one", useOther: "Another port…", tryVirtual: "Add a virtual printer",
    connects: "The service connects to it by itself, and finds out what it is.",
    nameIt: "Whoever administers this service can add it here, or name it in the configuration:", nameItAs: (port) => `[printers.ender3]\ndriver = "marlin"\nport = "${port}"`,
    orVirtual: "Or look around with a virtual printer first. It can be removed in the settings.",
    connect: "Connect", disconnect: "Disconnect", powerOff: "Switch off", powerOn: "Switch on", power: "Power", powers: { on: "on", off: "off", unknown: "not known" }, sure: "Press again", gone: (name) => `There is no printer ${name}`, goneText: "It was removed, or is called otherwise now. Choose one above.",
    offlineTitle: "The printer is not connected", offlineText: (port) => `Its port is ${port}. Switch it on and plug it in; then connect.`,
    connectingText: "Asking the printer who it is…", haltedTitle: "The printer is stopped",
    haltedText: "Find out why before you go on. Then reset it (its button, or its power), and connect again.",
    unsafeTitle: "The printer may be hot, and nobody can turn it off", connection: "Connection", firmware: "Firmware", port: "Port",
    display: "On the printer's display",
  },

  printers: {
    title: "Printers", add: "Add a printer", name: "Name", nameHint: "Small letters, digits, - and _", port: "Port",
    portHint: "A serial port, tcp://host:port, rfc2217://host:port, or virtual: for a printer that is not there.", virtual: "virtual printer",
    baud: "Speed of the port", baudAuto: "Find out", size: "Size of the print volume in mm (may be left empty)",
    sizeHint: "Then files that do not fit are told of, and moves stay inside.",
    added: (name) => `${name} was added. The service begins anew; prints go on.`, removeSure: "Remove for good?", ofFile: "in the configuration's file",
  },

  job: {
    title: "Print", none: "Nothing is being printed", noneText: "Choose a file, or let the queue go on.", chooseFile: "Choose a file",
    pause: "Pause", resume: "Resume", cancel: "Cancel print", cancelAsk: "Cancel for good?", layer: "Layer", elapsed: "Elapsed", left: "Left",
    done: "Done at", filament: "Filament", lines: "Lines", progress: "Progress of the print", by: (name) => `started by ${name}`,
    finished: { completed: "Print completed", cancelled: "Print cancelled", failed: "Print failed", interrupted: "Print interrupted" },
    leftSource: { history: "as the last time", m73: "by the slicer's marks", slicer: "by the slicer", model: "computed", pace: "by its pace" },
    bedClear: "The bed is clear", bed: { unknown: "Nobody said whether the bed is clear", clear: "The bed is clear", occupied: "Something lies on the bed" },
    again: "Print again", receipt: "Receipt", recoverTitle: "A print broke off", recover: "See the recovery plan",
  },

  heat: {
    title: "Temperatures", nozzle: "Nozzle", names: { bed: "Bed", chamber: "Chamber" }, actual: "Actual", target: "Target", heater: "Heater", power: "Power", coolDown: "All off", preset: "Presets",
    range: "Shown", minutes: (count) => `${count} min`, none: "No temperatures yet.", time: "Time", graph: "Temperatures over time", curve: (name, now, target, low, high) => `${name} ${now} °C${target ? ` of ${target}` : ""}, between ${low} and ${high}`,
    setTo: (name) => `Target of ${name} in °C`, zoom: "Drag to zoom, double-click to go back.",
    tooHot: (name, limit) => `${name} takes ${limit} °C at most.`,
  },

  sensors: {
    title: "Sensors", units: { celsius: "°C", percent: "%", hectopascal: "hPa", ppm: "ppm", volt: "V", ampere: "A", watt: "W", rpm: "rpm", none: "" },
    quality: { pending: "not read yet", stale: "too old", disconnected: "not connected", faulty: "faulty", implausible: "implausible" },
    alarm: (limit) => (typeof limit.above === "number" ? `above ${limit.above}` : `below ${limit.below}`),
  },

  motion: {
    title: "Motion", step: "Step", mm: "mm", homeAll: "Home all", homeAxis: (axis) => `Home ${axis.toUpperCase()}`,
    jog: (axis, by) => `Move ${axis.toUpperCase()} by ${by} mm`, position: "Position", motorsOff: "Motors off", busy: "Moves are possible when the printer is ready or paused.",
  },

  extrude: {
    title: "Extruder", length: "Length", speed: "Speed", push: "Extrude", pull: "Retract", mmPerSecond: "mm/s", tool: "Tool",
    fan: "Fan", feed: "Speed", flow: "Flow", tuning: "Fan, speed and flow",
    last: "As the printer has it, whoever set it; – is not known.",
  },

  signals: {
    title: "Health", link: "Link to the printer", host: "Host", resends: "Resends", stalls: "Stalls", probes: "Questions", window: "Lines on their way",
    trip: "Round trip", duplicates: "Lines that may have run twice", sent: "Lines sent", linkGood: "Clean", linkSome: (count) => `${count} repaired`, linkBad: "Troubled",
    cpu: "Processor", memory: "Memory", disk: "Disk free", temperature: "Temperature", throttled: "Held back", low: "Disk low",
    verdict: {
      clean: "No line was damaged since the printer was connected.",
      some: "A few lines were damaged and repaired. That costs nothing; keep an eye on the cable if it becomes more.",
      bad: "Many lines are damaged. Change the USB cable for a short one with a ferrite, keep it away from motors, and use a powered port.",
      stalls: "The printer fell silent and was woken. If it comes again: look at the cable, and at the power supply of the board.",
      duplicates: "This firmware checks no line numbers: after a damage nobody can tell whether these lines ran twice.",
      host: "The host has what it needs.",
      busy: "The host has much to do. Prints go first; uploads and pages may be slow.",
      throttling: "The Raspberry Pi is held back. Most often its power supply is too weak: use the one that is made for it.",
      trouble: "Something on this host can spoil a print. Look at the figures below.",
      disk: "Make room: delete files that are not needed.",
    },
    troubles: {
      under_voltage: "Under-voltage", frequency_capped: "Frequency capped", throttled: "Throttled", soft_temperature_limit: "Too warm",
      processor_starved: "Processor overloaded", memory_short: "Memory short", disk_critical: "Disk nearly full",
    },
    trouble: "Trouble", doctor: "The doctor says", asking: "Asking the doctor…", evidence: "What it rests on", confidence: { high: "sure", medium: "likely", low: "perhaps" },
  },

  prompt: { title: "The printer asks", go: "Go on", elsewhere: "It can be answered here or at the printer." },

  files: {
    title: "Files", upload: "Upload", drop: "Drop G-code here", search: "Search files", none: "No files yet", noneText: "Drop G-code files here, or upload them from your slicer.",
    nothingFound: "Nothing is called like that.", newFolder: "New folder", folderName: "Name of the folder", print: "Print",
    printAsk: "Bed clear: print", delete: "Delete", deleteAsk: "Delete for good?", rename: "Rename", name: "Name", size: "Size", time: "Print time", changed: "Changed", sort: "Sorted by", orders: { changed: "Newest first", name: "By name", size: "Largest first" },
    copies: "Copies", add: "Add to queue", added: (name) => `${name} waits in the queue.`,
    exists: (name) => `${name} is here already.`, replace: "Replace", top: "All files", layers: "Layers", slicer: "Slicer", filament: "Filament",
    pending: "Being analysed…", failed: "Could not be analysed", good: "No problems found", goodSoFar: "No problems found, as far as it could be judged", preflight: "Before the print", line: (number) => `line ${number}`,
    notJudged: "Not judged", view: "Look at the layers", dimensions: "Size of the print", uploads: "Uploads", done: "done", free: (size) => `${size} free`,
    severity: { error: "Error", warning: "Warning", info: "Note" }, deleteFolder: "Delete folder", printOn: "Print on", wrongKind: (name) => `${name} is no G-code file.`,
  },

  queue: {
    title: "Queue", waiting: "Waiting", none: "The queue is empty", noneText: "Add files from the Files page; they are printed one after the other.", hold: "Hold", release: "Go on",
    held: (reason) => `Held: ${reason || "by a person"}`, bedTitle: "Beds", up: "Earlier", down: "Later", past: "Lately", copies: (done, all) => `${done} of ${all}`,
    moveHint: "Drag to sort, or use the arrows.", removeSure: "Take it out?", by: (name) => `by ${name}`, reason: "Held from the dashboard",
  },

  history: {
    title: "History", none: "Nothing was printed yet", noneText: "Each print is kept here with its receipt.", all: "All outcomes", outcome: "Outcome", more: "Earlier ones", receipt: "Receipt",
    receiptOf: (file) => `Receipt of ${file}`, whole: "Every line of the file was executed, once and in order.", partial: "Not every line was executed.", incomplete: "The process that printed it died: the receipt holds what its journal knew.",
    fields: { started_at: "Started", finished_at: "Ended", elapsed_seconds: "Printing time", paused_seconds: "Paused", actor: "Started by", ended_by: "Ended by", lines: "Lines", resends: "Resends", stalls: "Stalls", possible_duplicates: "Possible duplicates", reason: "Reason" },
    heaters: "Heaters", heater: "Heater", target: "Target", low: "Lowest", high: "Highest", inBand: "Within 5 °C", events: "What happened", outOfBand: "Outside",
  },

  terminal: {
    title: "Terminal", send: "Send", placeholder: "G-code, e.g. M105", hideTemperatures: "Hide temperatures", hideOk: "Hide ok", search: "Search lines", clear: "Clear",
    copy: "Copy", copied: "Copied.", paused: (count) => `${count} newer lines. Scroll down to follow.`, none: "What is said on the wire appears here.", output: "Lines on the wire",
    input: "Command to the printer", notAllowed: "This key may not listen to the wire (scope control).",
  },

  layers: {
    title: "G-code", choose: "Choose a file", none: "No file to look at", noneText: "Start a print, or choose a file on the Files page.", layer: "Layer", of: (one, all) => `Layer ${one} of ${all}`,
    follow: "Follow the print", travel: "Show travel", height: (z) => `Z ${z} mm`, moves: "moves", canvas: "The layer from above", notReady: "This file is being analysed…", up: "Next layer", down: "Layer before", zoomIn: "Zoom in", zoomOut: "Zoom out", whole: "Show the whole layer",
    done: (share) => `${share} of it done`, nozzle: (x, y) => `the nozzle at X ${x}, Y ${y}`,
    objects: "Objects", exclude: (name) => `Leave out ${name}`, excludeSure: "For good: it cannot be taken back", excluded: "left out",
    notByFirmware: "This file marks its objects by comments only. To leave one out, slice it with object labels for the firmware.", tooLong: "This layer is too large to be drawn here.",
  },

  recovery: {
    title: "Recovery", intro: "Nothing moves before you approve. This is everything that would be sent before the file goes on.", start: "Go on from",
    starts: { record: "the last recorded line", layer: "the beginning of its layer", line: "a line", height: "a height" }, line: "Line", height: "Height (mm)", measured: "Measured nozzle height (mm, empty: as recorded)",
    measureFirst: "Fill in “Measured nozzle height”, then press “Compute again”.", measureAgain: "What you measured goes into “Measured nozzle height”; then press “Compute again”.",
    doubt: (low, high) => `The print stopped between line ${low} and line ${high}.`, standing: (z) => `The nozzle is taken to stand at Z ${z} mm.`, warnings: "Look at these first", steps: "Commands",
    approve: "I have looked. Recover", approveSure: "Press again: the printer will move", discard: "Give the print up", discardSure: "Give up for good?", none: "Nothing to recover", noneText: "When a print breaks off, its plan is shown here.", started: "The print goes on.",
    summary: (file, share) => `${file}, broken off at ${share}`, again: "Compute again", where: (line, layer, z) => `The file goes on at line ${line}, layer ${layer}, Z ${z} mm.`,
  },

  overview: { title: "Overview" },

  appKeys: {
    title: "Apps that ask for a key", none: "No app is asking.", hint: "The names are the apps' own words. An approved app may print and control printers.",
    approve: "Approve", deny: "Refuse",
  },

  keys: {
    title: "Keys", hint: "Each person and program with a key of its own: then one can be taken away alone.", create: "Make a key", name: "Name", rights: "It may",
    nameHint: "Letters, digits, . _ @ -", days: "Days it is good for (0: for ever)", revoke: "Revoke", revokeSure: "Revoke for good?", since: (at) => `since ${at}`, until: (at) => `until ${at}`,
    made: (name) => `The key of ${name}`, once: "It is shown this once and kept nowhere. Copy it now.",
  },

  audit: {
    title: "Audit log", open: "Who did what", action: "Action, e.g. job.", actor: "Who", none: "Nothing is on record", notAllowed: "The audit log is for administrators.",
    hint: "hydrogen audit verify checks that no record is missing or was changed.",
  },

  settings: {
    title: "Settings", session: "Session", rights: "Rights of this key", presets: "Temperature presets", presetsHint: "Kept in this browser.", name: "Name", nozzle: "Nozzle °C", bed: "Bed °C", addPreset: "Add a preset",
    look: "Appearance", looks: { auto: "As the system", light: "Light", dark: "Dark" }, service: "Service", version: "Version", address: "Address", uptime: "Running since", clients: "Clients", log: "Log", refresh: "Refresh", level: "Level", documents: "API",
    config: "Configuration", configShow: "Show what the service was told", emptyLog: "Nothing at this level.",
    scopes: { read: "look", control: "control printers", print: "print", files: "change files", admin: "administer", emergency: "emergency stop" },
  },
};
