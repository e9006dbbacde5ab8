// Takes the pictures of the README: node scripts/site/pictures.mjs URL
//
// Of a server with the data that a reader would find. Pictures are small: few colours, half a screen.
import { mkdir } from "node:fs/promises";

import { VIEWS, open, start } from "./browser.mjs";
import { site } from "./pages.mjs";

const FOLDER = new URL("../../docs/pictures/", import.meta.url);

const base = process.argv[2];
if (!base) throw new Error("usage: node scripts/site/pictures.mjs URL");
const desk = { ...VIEWS.find(({ file }) => file === "1440-light"), width: 1000, height: 640 };
const telephone = { ...VIEWS.find(({ file }) => file === "360-dark"), height: 640 };
const { agencyPath } = await site(base);
const pictures = [["home", "/", desk], ["map", "/map", desk], ["agency", agencyPath, telephone]];

await mkdir(FOLDER, { recursive: true });
const browser = await start(base);
for (const [name, path, view] of pictures) {
  const tab = await open(browser, view);
  await tab.goto(new URL(path, base).href, { waitUntil: "networkidle" });
  await tab.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });
  await tab.context().close();
}
await browser.close();
