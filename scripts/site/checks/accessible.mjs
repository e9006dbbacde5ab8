// Every page in every view, judged by axe: WCAG 2.0, 2.1 and 2.2 up to AA, and what is good practice.
import { axe } from "../modules.mjs";
import { each } from "../ask.mjs";
import { TABS, VIEWS, visit } from "../browser.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function accessible({ base, browser, list, faults }) {
  const own = list.filter(({ kind, foreign }) => kind === "html" && !foreign);
  const looks = own.flatMap((page) => VIEWS.map((view) => [page, view]));
  await each(looks, TABS, async ([page, view]) => {
    const say = (words) => faults.add(page.path, words, view.name);
    await visit({ browser, base, page, view, say }, async (tab) => {
      for (const violation of await violations(tab)) say(violation);
    });
  });
  return `${own.length} pages, ${looks.length} views`;
}

/** What axe finds in the page as it is now. */
export async function violations(tab) {
  for (const frame of tab.frames()) await frame.evaluate(axe());
  const found = await tab.evaluate(
    (tags) => window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }),
    TAGS,
  );
  return found.violations.map(({ id, help, nodes }) => {
    const some = nodes.slice(0, 3).map(({ target, any, all, none }) => {
      const [why] = [...any, ...all, ...none];
      return `${target.flat().join(" ")}${why ? ` — ${why.message}` : ""}`;
    });
    const more = nodes.length > some.length ? ` and ${nodes.length - some.length} more` : "";
    return `${id}: ${help}: ${some.join(" | ")}${more}`;
  });
}
