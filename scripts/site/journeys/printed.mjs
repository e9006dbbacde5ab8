// An agency on paper: without what only a screen has use for.
import assert from "node:assert/strict";
import { join } from "node:path";

export async function printed({ base, seen, tab: newTab }) {
  const tab = await newTab();
  await tab.goto(new URL(seen.agencyPath, base).href);
  await tab.emulateMedia({ media: "print" });
  const shown = await tab.locator("nav").evaluateAll(
    (all) => all.filter((nav) => nav.checkVisibility()).map((nav) => nav.ariaLabel ?? "without a name"),
  );
  assert.equal(shown.length, 0, `navigation is printed: ${shown.join(", ")}`);
  assert(await tab.locator("h1").isVisible(), "the heading is not printed");
  const folder = process.env.PORCHLIGHT_SCREENSHOTS;
  const paper = await tab.pdf({ format: "Letter", path: folder && join(folder, "agency.pdf") });
  assert(paper.subarray(0, 5).toString() === "%PDF-" && paper.length > 5_000, "no PDF comes of it");
}
