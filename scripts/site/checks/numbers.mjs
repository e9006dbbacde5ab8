// Every figure that a page shows, against the API. An element with `data-at` shows the value at that
// JSON Pointer (RFC 6901) of the answer to `data-call`, which it or an element around it names.
//
// Its text is the value, with thousands apart. `data-value`, or `value` of a `data` element, is the
// value as it is. `data-as` says that it is not shown as it is: `length` is how many parts the list
// there has, and with `date` the date stands in `datetime` or `data-value`.
import { ask, each } from "../ask.mjs";
import { TABS, visit } from "../browser.mjs";

const CALLS = 8;

export async function numbers({ base, browser, list, faults }) {
  const own = list.filter(({ kind, foreign }) => kind === "html" && !foreign);
  const shown = await each(own, TABS, async (page) => {
    let figures;
    const say = (words) => faults.add(page.path, words);
    await visit({ browser, base, page, say }, async (tab) => (figures = await tab.evaluate(read)));
    if (page.figures && figures?.length === 0) say("shows no figure of the data");
    return figures?.map((figure) => ({ page, ...figure })) ?? [];
  });
  const figures = shown.flat();
  const answers = new Map();
  await each([...new Set(figures.map(({ call }) => call))], CALLS, async (call) => {
    answers.set(call, await answer(base, call));
  });
  for (const figure of figures) {
    const { failure, body } = answers.get(figure.call);
    const fault = failure ?? compare(figure, body);
    if (fault) faults.add(figure.page.path, `${figure.call ?? "no call"} at ${figure.at}: ${fault}`);
  }
  return `${own.length} pages, ${figures.length} figures, ${answers.size} calls`;
}

/** In the page: all figures. */
function read() {
  return [...document.querySelectorAll("[data-at], [data-call][data-as]")].map((element) => ({
    call: element.closest("[data-call]")?.getAttribute("data-call") ?? null,
    at: element.getAttribute("data-at"),
    as: element.getAttribute("data-as"),
    text: element.textContent,
    value: element.getAttribute("data-value") ?? element.getAttribute("value"),
    datetime: element.getAttribute("datetime"),
    free: element.hasAttribute("data-value"),
  }));
}

async function answer(base, call) {
  if (call === null) return { failure: "no element around it names a call" };
  if (!call.startsWith("/v1/")) return { failure: "the call is not an address of the API from the root" };
  try {
    return { body: await ask(base, call) };
  } catch (failure) {
    return { failure: failure.message };
  }
}

/** What is wrong with a figure, or nothing. */
function compare({ at, as, text, value, datetime, free }, body) {
  const { missing, found } = resolve(body, at ?? "");
  if (missing) return missing;
  if (as === "date") {
    const stated = datetime ?? value;
    // A moment may be shown as its day, and a day that is known by its month as that.
    const spellings = [found, ...[10, 7, 4].map((letters) => String(found).slice(0, letters))];
    return spellings.includes(stated) ? undefined : differ(stated, found);
  }
  if (as !== null && as !== "length") return `\`data-as\` is ${as}, of which nothing is known`;
  if (as === "length" && !Array.isArray(found)) return "it is no list, so it has no length";
  const expected = String(as === "length" ? found.length : found);
  if (value !== null && value !== expected) return differ(value, expected);
  const plain = text.trim().replace(/\s+/g, " ").replace(/^\u2212/, "-");
  const together = plain.replace(/(?<=\d)[, \u00a0\u2009\u202f](?=\d{3}(?!\d))/g, "");
  // With a `data-value` the text may be in words; digits alone must be right nevertheless.
  if (free && !/^-?[\d.]+$/.test(together)) return undefined;
  return together === expected ? undefined : differ(plain, expected);
}

const differ = (shown, expected) =>
  `shows ${JSON.stringify(shown)}, the API says ${JSON.stringify(expected)}`;

/** The value at a JSON Pointer. */
function resolve(body, pointer) {
  if (pointer !== "" && !pointer.startsWith("/")) return { missing: "it is no JSON Pointer" };
  let found = body;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const known = found !== null && typeof found === "object" && Object.hasOwn(found, key);
    if (!known) return { missing: "the answer has nothing there" };
    found = found[key];
  }
  return { found };
}
