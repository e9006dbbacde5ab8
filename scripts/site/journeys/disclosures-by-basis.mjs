// Disclosures of one legal basis: chosen in the form, shown, on to the next page and back.
import assert from "node:assert/strict";

import { ask } from "../ask.mjs";

export async function disclosuresByBasis({ base, tab: newTab }) {
  const tab = await newTab();
  await tab.goto(new URL("/disclosures", base).href);
  const select = tab.locator("select[name=legal_basis]");
  const before = await rows(tab);
  const { basis, total } = await commonest(base, await select.locator("option").evaluateAll(values));
  const label = plain(await select.locator(`option[value="${basis}"]`).textContent());

  await select.selectOption(basis);
  const form = tab.locator("form:has(select[name=legal_basis])");
  await Promise.all([
    tab.waitForURL((url) => url.searchParams.get("legal_basis") === basis),
    form.locator("[type=submit], button:not([type])").first().click(),
  ]);
  await fits(tab, { basis, label, total });

  const next = tab.locator("a[rel=next]");
  if (await next.count()) {
    const [first, address] = [await rows(tab), tab.url()];
    await Promise.all([tab.waitForURL((url) => url.href !== address), next.first().click()]);
    assert.equal(asked(tab), basis, "the next page forgets the basis");
    await fits(tab, { basis, label, total });
    assert.notDeepEqual(await rows(tab), first, "the next page shows the same rows");
    await tab.goBack();
    assert.equal(tab.url(), address, "the back button leads elsewhere");
    await fits(tab, { basis, label, total });
    assert.deepEqual(await rows(tab), first, "the back button brings other rows");
  }
  await tab.goBack();
  assert.equal(asked(tab), "", "the back button keeps the basis");
  assert.equal(await select.inputValue(), "", "after the back button the form still has the basis");
  assert.deepEqual(await rows(tab), before, "the back button brings other rows");
}

const values = (options) => options.map((option) => option.value).filter((value) => value !== "");

/** The basis in the address, or an empty text. */
const asked = (tab) => new URL(tab.url()).searchParams.get("legal_basis") ?? "";

/** The basis with the most disclosures, so that there is a next page if any basis has one. */
async function commonest(base, bases) {
  assert(bases.length > 0, "the form offers no legal basis");
  const counted = [];
  for (const basis of bases) {
    const { meta } = await ask(base, `/v1/disclosures?legal_basis=${encodeURIComponent(basis)}&limit=1`);
    counted.push({ basis, total: meta.total });
  }
  return counted.sort((a, b) => b.total - a.total)[0];
}

// A label may say how many there are, which a row does not: "Warrant (12)".
const plain = (text) => text.replace(/\s*\(.*\)\s*$/, "").replace(/\s+/g, " ").trim().toLowerCase();

/** The cells of the table that has a column for the basis, row by row. */
const rows = (tab) =>
  tab.locator("main table:has(th)").evaluateAll((tables) => {
    const text = (cell) => cell.textContent.replace(/\s+/g, " ").trim();
    const head = (table) => [...(table.tHead?.rows[0]?.cells ?? [])];
    const column = (table) => head(table).findIndex((cell) => /basis/i.test(text(cell)));
    const table = tables.find((each) => column(each) >= 0);
    if (!table) return [];
    return [...table.tBodies].flatMap((body) => [...body.rows]).map((row) => ({
      basis: text(row.cells[column(table)]),
      cells: [...row.cells].map(text),
    }));
  });

async function fits(tab, { basis, label, total }) {
  const shown = await rows(tab);
  assert(shown.length > 0, "no table with a column for the basis has rows");
  assert(shown.length <= total, `shows ${shown.length} rows of ${total}`);
  const others = shown.map((row) => plain(row.basis)).filter((text) => text !== label);
  assert.equal(others.length, 0, `rows of another basis than ${label}: ${others.join(", ")}`);
  const select = tab.locator("select[name=legal_basis]");
  assert.equal(await select.inputValue(), basis, "the form does not say what is shown");
}
