// The civic app among the examples, from another site: it asks the API over CORS alone.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { watch } from "../browser.mjs";

const EXAMPLE = new URL("../../../examples/is-my-department-partnered.html", import.meta.url);

export async function example({ base, seen, tab: newTab, say }) {
  const text = await readFile(EXAMPLE, "utf8");
  assert(text.trimEnd().split("\n").length <= 200, "the example is longer than 200 lines");
  const elsewhere = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(request.url.startsWith("/favicon") ? "" : text);
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  const origin = `http://localhost:${elsewhere.address().port}`;
  try {
    const tab = await newTab({ watched: false });
    watch(tab, [new URL(base).origin, origin], say);
    await tab.goto(`${origin}/?api=${encodeURIComponent(base)}`);
    await tab.locator("input[name=q]").fill(seen.word);
    await tab.keyboard.press("Enter");
    await tab.locator("button.agency").first().click();
    await tab.locator("#answer h2").waitFor();
    await tab.locator("#answer circle.chosen").waitFor();
    const said = await tab.locator("#answer").innerText();
    assert(said.includes(seen.word), `nothing is said of ${seen.word}`);
    assert.match(await tab.locator("#release").innerText(), /release \d{4}-\d\d-\d\d\.\d+/);
  } finally {
    elsewhere.close();
    elsewhere.closeAllConnections();
  }
}
