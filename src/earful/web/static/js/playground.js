/** The page of the simulated networks: htmx alone, which draws what happened anew. */
import "../vendor/htmx.esm.min.js";
