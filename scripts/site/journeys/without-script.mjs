// Without scripts the search works, the map has its table, and pages say what they say with scripts.
import assert from "node:assert/strict";

import { inWords } from "../faults.mjs";

// A script may add a few words of its own, such as what a button does.
const LEAST_PART = 0.9;

export async function withoutScript({ base, seen, tab: newTab, say }) {
  const tab = await newTab({ javaScriptEnabled: false });
  await tab.goto(new URL("/", base).href);
  await tab.locator("#q").fill(seen.word);
  await Promise.all([
    tab.waitForURL((url) => url.pathname === "/search" && url.searchParams.get("q") === seen.word),
    tab.locator("form:has(#q)").locator("[type=submit], button:not([type])").first().click(),
  ]);
  assert((await tab.locator('main a[href^="/agencies/"]').count()) > 0, "the search finds no agency");

  await tab.goto(new URL("/map", base).href);
  await tab.locator("main table tbody tr").first().waitFor();

  // What else goes wrong in a page is for the check `pages` to say.
  const without = await newTab({ javaScriptEnabled: false, watched: false });
  const scripted = await newTab({ watched: false });
  for (const page of seen.pages.filter(({ kind, foreign }) => kind === "html" && !foreign)) {
    const address = new URL(page.path, base).href;
    try {
      await without.goto(address);
      await scripted.goto(address, { waitUntil: "networkidle" });
      const [plain, full] = [await without.evaluate(readable), await scripted.evaluate(readable)];
      if (!plain.heading) say(`${page.path}: no heading is seen without scripts`);
      if (plain.figures < full.figures) {
        say(`${page.path}: ${plain.figures} of ${full.figures} figures are seen without scripts`);
      }
      if (plain.letters < LEAST_PART * full.letters) {
        say(`${page.path}: ${plain.letters} of ${full.letters} letters are seen without scripts`);
      }
    } catch (failure) {
      say(`${page.path}: ${inWords(failure)}`);
    }
  }
}

/** In the page: how much of it is seen. */
function readable() {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const main = document.querySelector("main") ?? document.body;
  return {
    heading: [...document.querySelectorAll("h1")].some(seen),
    figures: [...document.querySelectorAll("[data-at]")].filter(seen).length,
    letters: main.innerText.replace(/\s+/g, "").length,
  };
}
