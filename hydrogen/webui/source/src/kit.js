// What every page needs. Each page that is loaded later imports it, too, so that all of it is one script, loaded first.

import "./colour.js";
import "./format.js";
import "./house.js";
import "./later.js";
import "./picture.js";
import "./route.js";
import "./series.js";
import "./settings.js";
import "./status_chip.js";
import "./terminal_log.js";
import "./texts.js";
import "./ui.js";
