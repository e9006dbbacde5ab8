// Every page in every view: it is answered, nothing fails or is refused in it, nothing is asked of
// others, it is light, and nothing sticks out at its side.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { each, get } from "../ask.mjs";
import { TABS, VIEWS, visit } from "../browser.mjs";

const TYPES = { html: "text/html", svg: "image/svg+xml", csv: "text/csv" };

export async function pages({ base, browser, list, faults }) {
  const screenshots = process.env.PORCHLIGHT_SCREENSHOTS;
  if (screenshots) await mkdir(screenshots, { recursive: true });
  const files = list.filter(({ kind }) => kind === "csv");
  await each(files, TABS, (page) => table(base, page, (words) => faults.add(page.path, words)));
  const looks = list.filter(({ kind }) => kind !== "csv").flatMap((page) => VIEWS.map((view) => [page, view]));
  await each(looks, TABS, async ([page, view]) => {
    const say = (words) => faults.add(page.path, words, view.name);
    await visit(browser, base, page, view, say, async (tab, answer, bytes) => {
      const type = (await answer.headerValue("content-type")) ?? "none";
      if (!type.startsWith(TYPES[page.kind])) say(`its type is ${type}`);
      if (!page.foreign && bytes.total >= page.bytes) {
        // In whole kilobytes: a header more or less is not another fault.
        say(`transfers ${Math.ceil(bytes.total / 1000)} kB; less than ${page.bytes / 1000} kB are allowed`);
      }
      if (page.kind === "html") {
        for (const address of await tab.evaluate(hinted)) say(`a hint to another origin: ${address}`);
        const wide = await tab.evaluate(sideways);
        if (wide && !page.foreign) say(`scrolls sideways: ${wide}`);
      }
      if (screenshots) {
        await tab.screenshot({ path: join(screenshots, `${page.name}-${view.file}.png`), fullPage: true });
      }
    });
  });
  return `${list.length} addresses, ${looks.length} views`;
}

/** A table of a chart is downloaded, not shown. */
async function table(base, page, say) {
  const answer = await get(base, page.path);
  const [header, ...rows] = (await answer.text()).trimEnd().split("\n");
  if (answer.status !== page.status) return say(`is answered with ${answer.status} instead of ${page.status}`);
  const type = answer.headers.get("content-type") ?? "none";
  if (!type.startsWith(TYPES.csv)) say(`its type is ${type}`);
  if (!header.includes(",") || rows.length === 0) say("has no rows");
}

/** In the page: links that have the browser look for other hosts, of which no request tells. */
function hinted() {
  const links = document.querySelectorAll("link[rel~=preconnect], link[rel~=dns-prefetch]");
  return [...links].map((link) => link.href).filter((href) => new URL(href).origin !== location.origin);
}

/** In the page: what makes it wider than the window, or nothing. */
function sideways() {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return "";
  const scrolls = (element) =>
    element !== document.body && element !== document.documentElement &&
    getComputedStyle(element).overflowX !== "visible";
  const kept = (element) => element && (scrolls(element) || kept(element.parentElement));
  const out = [...document.body.querySelectorAll("*")].filter(
    (element) => element.getBoundingClientRect().right > clientWidth + 0.5 && !kept(element.parentElement),
  );
  const name = (element) =>
    element.localName + (element.id ? `#${element.id}` : "") + [...element.classList].map((c) => `.${c}`).join("");
  return `${scrollWidth} px in ${clientWidth} px, by ${[...new Set(out.map(name))].slice(0, 5).join(", ") || "no element"}`;
}
