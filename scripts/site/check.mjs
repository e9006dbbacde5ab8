// Looks at the site of a running server with a browser, and says what is wrong with it:
//
//     node check.mjs [--checks NAME,…] [--only NAME,…] [http://HOST]
//
// The server is else the one that PORCHLIGHT_URL names, as scripts/with-server does. --checks does only
// some checks; --only looks only at some pages and journeys. PORCHLIGHT_MODULES names the installed
// modules, PORCHLIGHT_CHROMIUM another browser, PORCHLIGHT_SCREENSHOTS a folder for pictures.
import { parseArgs } from "node:util";

import { VIEWS, start } from "./browser.mjs";
import { accessible } from "./checks/accessible.mjs";
import { journeys } from "./checks/journeys.mjs";
import { numbers } from "./checks/numbers.mjs";
import { pages } from "./checks/pages.mjs";
import { valid } from "./checks/valid.mjs";
import { Faults, inWords } from "./faults.mjs";
import { JOURNEYS } from "./journeys/all.mjs";
import { site } from "./pages.mjs";

const CHECKS = { pages, accessible, valid, numbers, journeys };

function stop(words) {
  console.error(`site: ${words}`);
  process.exit(2);
}

/** The names of an option, which must all be known; all of them if it is not given. */
function chosen(option, given, known) {
  const names = given?.split(",") ?? known;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) stop(`--${option}: no ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  return names;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { checks: { type: "string" }, only: { type: "string" } },
});
const base = positionals[0] ?? process.env.PORCHLIGHT_URL ?? stop("node check.mjs http://HOST");
const checks = chosen("checks", values.checks, Object.keys(CHECKS));
const seen = await site(base).catch((failure) => stop(inWords(failure)));
const names = [...seen.pages.map(({ name }) => name), ...Object.keys(JOURNEYS)];
const only = chosen("only", values.only, names);
for (const words of seen.left) console.log(`left out: ${words}`);

const browser = await start(base);
let total = 0;
for (const name of checks) {
  const faults = new Faults();
  const began = performance.now();
  const list = seen.pages.filter((page) => only.includes(page.name));
  const done = await CHECKS[name]({ base, browser, list, only, seen, faults }).catch((failure) => {
    faults.add(name, `could not be done: ${failure?.stack ?? failure}`);
    return "not done";
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`${name}: ${done}, ${faults.count} faults, ${seconds} s`);
  for (const line of faults.lines(VIEWS.length)) console.log(`  ${line}`);
  total += faults.count;
}
await browser.close();
process.exitCode = total === 0 ? 0 : 1;
