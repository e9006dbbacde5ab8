// Every page in every view: it is answered, nothing fails or is refused in it, nothing is asked of
// others, it is light, and nothing sticks out at its side.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { each, get } from "../ask.mjs";
import { TABS, VIEWS, visit } from "../browser.mjs";

const TYPES = { html: "text/html", svg: "image/svg+xml", csv: "text/csv" };

export async function pages({ base, browser, list, faults }) {
  const screenshots = process.env.PORCHLIGHT_SCREENSHOTS;
  if (screenshots) await mkdir(screenshots, { recursive: true });
  const files = list.filter(({ kind }) => kind === "csv");
  await each(files, TABS, (page) => table(base, page, (words) => faults.add(page.path, words)));
  const shown = list.filter(({ kind }) => kind !== "csv");
  const looks = shown.flatMap((page) => VIEWS.map((view) => [page, view]));
  await each(looks, TABS, async ([page, view]) => {
    const say = (words) => faults.add(page.path, words, view.name);
    await visit({ browser, base, page, view, say, overhear: say }, async (tab, answer, bytes) => {
      const type = (await answer.headerValue("content-type")) ?? "none";
      if (!type.startsWith(TYPES[page.kind])) say(`its type is ${type}`);
      if (!page.foreign && bytes.total >= page.bytes) {
        // In whole kilobytes: a header more or less is not another fault.
        const [sent, allowed] = [bytes.total, page.bytes].map((all) => Math.ceil(all / 1000));
        say(`transfers ${sent} kB; less than ${allowed} kB are allowed`);
      }
      if (page.kind === "html") {
        for (const address of await tab.evaluate(hinted)) say(`a hint to another origin: ${address}`);
        const wide = await tab.evaluate(sideways);
        if (wide && !page.foreign) say(`scrolls sideways: ${wide}`);
      }
      if (screenshots) {
        await writeFile(join(screenshots, `${page.name}-${view.file}.png`), await picture(tab, page));
      }
    });
  });
  return `${list.length} addresses, ${looks.length} views`;
}

/** What is seen of a page, down to its end. */
async function picture(tab, { kind }) {
  if (kind === "html") return tab.screenshot({ fullPage: true });
  // Playwright waits for the fonts of a document, which a drawing by itself never has ready.
  const session = await tab.context().newCDPSession(tab);
  return Buffer.from((await session.send("Page.captureScreenshot")).data, "base64");
}

/** A table of a chart is downloaded, not shown. */
async function table(base, page, say) {
  const answer = await get(base, page.path);
  const [header, ...rows] = (await answer.text()).trimEnd().split("\n");
  if (answer.status !== page.status) {
    say(`is answered with ${answer.status} instead of ${page.status}`);
    return;
  }
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
  const right = (element) => {
    const { left, width } = element.getBoundingClientRect();
    return left + Math.max(width, element.scrollWidth);
  };
  // What holds the culprit is too wide with it, so the innermost are named.
  const out = [...document.body.querySelectorAll("*")].filter(
    (each) => right(each) > clientWidth + 0.5 && !scrolls(each) && !kept(each.parentElement),
  );
  const inner = out.filter((each) => !out.some((other) => other !== each && each.contains(other)));
  const name = ({ localName, id, classList }) => [localName + (id && `#${id}`), ...classList].join(".");
  const names = [...new Set(inner.map(name))].slice(0, 5).join(", ");
  return `${scrollWidth} px in ${clientWidth} px, by ${names || "no element"}`;
}
