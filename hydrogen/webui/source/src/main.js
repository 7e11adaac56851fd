// What is loaded first, in this order: the connection begins before anything of the pages is looked at.

import "./start.js";
import { draw } from "./shell.js";

draw(document.getElementById("page"));
