// What is typed is text, whatever it looks like. A dialog is a fault by itself.
import assert from "node:assert/strict";

const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  "</title><svg onload=alert(1)>",
];

export async function hostileSearch({ base, tab: newTab }) {
  const tab = await newTab();
  for (const text of HOSTILE) {
    const address = new URL("/search", base);
    address.searchParams.set("q", text);
    await tab.goto(address.href, { waitUntil: "networkidle" });
    const found = await tab.evaluate(inspect);
    assert(found.text.includes(text) || found.inputs.includes(text), `is not shown as text: ${text}`);
    assert.deepEqual(found.grown, [], `becomes markup: ${text}`);
  }
}

/** In the page: what it shows, and elements that only such a text can have brought. */
function inspect() {
  const grown = document.querySelectorAll('[onerror], [onload], img[src="x"], script:not([src])');
  return {
    text: document.body.innerText,
    inputs: [...document.querySelectorAll("input")].map((input) => input.value),
    // A script of data is not run, and may hold what was typed.
    grown: [...grown]
      .filter((element) => element.localName !== "script" || element.type !== "application/ld+json")
      .map((element) => element.outerHTML)
      .filter((html) => html.includes("alert(1)")),
  };
}
