// The tools of these checks. They lie outside of the clone: PORCHLIGHT_MODULES names the folder that
// package-lock.json was installed into, or the node_modules in it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { access, constants } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.PORCHLIGHT_MODULES;
if (!folder) throw new Error("PORCHLIGHT_MODULES must name the folder of the installed modules");
const require = createRequire(`${resolve(folder)}/`);

/** Playwright, without browsers of its own. */
export const playwright = () => require("playwright-core");

/** The text of axe, to be run in a page. */
export const axe = () => readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The path of the Nu HTML checker; it needs Java 17. */
export const vnu = () => require("vnu-jar");

/** Lighthouse and what starts a browser for it; both are modules that `require` cannot load. */
export async function lighthouse() {
  const load = (name) => import(pathToFileURL(require.resolve(name)));
  const [{ default: measure }, { launch }] = [await load("lighthouse"), await load("chrome-launcher")];
  return { measure, launch };
}

/** The path of the browser: PORCHLIGHT_CHROMIUM, or what the system calls so. */
export async function chromium() {
  const { PORCHLIGHT_CHROMIUM: given, PATH = "" } = process.env;
  if (given) return given;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const path of PATH.split(delimiter).map((each) => join(each, name))) {
      if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
    }
  }
  throw new Error("Chromium is missing (Debian: chromium); PORCHLIGHT_CHROMIUM may name it");
}
