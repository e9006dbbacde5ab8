// What people do on the site, from one page to the next, in a browser.
import { open, watch } from "../browser.mjs";
import { inWords } from "../faults.mjs";
import { JOURNEYS } from "../journeys/all.mjs";

export async function journeys({ base, browser, only, seen, faults }) {
  const chosen = Object.entries(JOURNEYS).filter(([name]) => only.includes(name));
  for (const [name, journey] of chosen) {
    const say = (words) => faults.add(name, words);
    const tabs = [];
    /** A tab in which nothing may go wrong, unless `watched` says that something will. */
    const tab = async ({ watched = true, ...more } = {}) => {
      const opened = await open(browser, undefined, more);
      tabs.push(opened);
      if (watched) watch(opened, [new URL(base).origin], say);
      return opened;
    };
    try {
      await journey({ base, seen, tab, say });
    } catch (failure) {
      const where = tabs.at(-1)?.url();
      say(`${inWords(failure)}${where ? ` (at ${where})` : ""}`);
    } finally {
      await Promise.all(tabs.map((opened) => opened.context().close()));
    }
  }
  return `${chosen.length} journeys`;
}
