/** Everything a signed-in page runs. Each module does one thing and looks for its own elements. */
import "../vendor/htmx.esm.min.js";
import "./prefs.js";
import "./http.js";
import "./time.js";
import "./popover.js";
import "./acts.js";
import "./composer.js";
import "./picker.js";
import "./list.js";
import "./select.js";
import "./case.js";
import "./rating.js";
import "./presence.js";
import "./palette.js";
import "./keys.js";
import "./settings.js";
import "./live.js";
