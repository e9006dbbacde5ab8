// The journeys by the names that `--only` takes. Each is given the address of the server, what is known
// of the site, `tab` to open a tab that is closed afterwards, and `say` for faults that do not end it.
import { disclosuresByBasis } from "./disclosures-by-basis.mjs";
import { embedded } from "./embedded.mjs";
import { findAgency } from "./find-agency.mjs";
import { hostileSearch } from "./hostile-search.mjs";
import { mapByKeyboard } from "./map-by-keyboard.mjs";
import { printed } from "./printed.mjs";
import { withoutScript } from "./without-script.mjs";
import { example } from "./example.mjs";

export const JOURNEYS = {
  "find-agency": findAgency,
  "disclosures-by-basis": disclosuresByBasis,
  "map-by-keyboard": mapByKeyboard,
  embedded,
  "without-script": withoutScript,
  printed,
  "hostile-search": hostileSearch,
  example,
};
