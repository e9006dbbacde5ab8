// From the first page by typing to an agency, and to the evidence for what is said of it.
import assert from "node:assert/strict";

import { violations } from "../checks/accessible.mjs";

export async function findAgency({ base, seen, tab: newTab, say }) {
  const tab = await newTab();
  await tab.goto(new URL("/", base).href);
  const box = tab.locator("#q");
  assert.equal(await box.getAttribute("role"), "combobox", "#q is no combobox");
  const controlled = await box.getAttribute("aria-controls");
  assert.equal(controlled, "suggestions", "#q does not control #suggestions");
  const options = tab.locator("#suggestions [role=option]");

  await type(box, seen.word, options);
  for (const violation of await violations(tab)) say(`with suggestions: ${violation}`);
  await box.press("Escape");
  await options.first().waitFor({ state: "hidden" });
  assert.notEqual(await box.getAttribute("aria-expanded"), "true", "Escape leaves #q expanded");

  await box.fill("");
  await type(box, seen.word, options);
  await box.press("ArrowDown");
  const active = await box.getAttribute("aria-activedescendant");
  assert(active, "arrow down makes no option the active one (aria-activedescendant)");
  const selected = await tab.locator(`[id="${active}"]`).getAttribute("aria-selected");
  assert.equal(selected, "true", "the active option is not the selected one");
  await Promise.all([tab.waitForURL((url) => url.pathname !== "/"), box.press("Enter")]);

  if (!new URL(tab.url()).pathname.startsWith("/agencies/")) {
    // The first suggestion is a place or a search: the agency is one link further.
    await tab.locator('main a[href^="/agencies/"]').first().click();
    await tab.waitForURL((url) => url.pathname.startsWith("/agencies/"));
  }
  const evidence = tab.locator("a.evidence[href]");
  await evidence.first().waitFor();
  for (const href of await evidence.evaluateAll((links) => links.map((link) => link.href))) {
    const { protocol, host } = new URL(href);
    assert(["http:", "https:"].includes(protocol), `evidence is linked as ${href}`);
    assert.notEqual(host, new URL(base).host, `evidence leads to the site itself: ${href}`);
  }
}

/** Types as people do, key by key, until something is suggested. */
async function type(box, word, options) {
  await box.click();
  await box.pressSequentially(word, { delay: 30 });
  await options.first().waitFor();
  assert.equal(await box.getAttribute("aria-expanded"), "true", "#q does not say that it is expanded");
}
