// Everything here only adds comfort: each page works without it.
import "./theme.js";
import "./menus.js";
import "./palette.js";
import "./copy.js";
import "./password.js";
import "./autosave.js";
import "./times.js";
import "./table.js";
import "./live.js";
import "./board.js";
import "./upload.js";
import "./filter.js";
import "./workbench.js";
import "./passkey.js";
import "./incident.js";
import "./zone.js";
