// Measures some pages as Lighthouse does for a telephone, and prints its scores:
//
//     node lighthouse.mjs [http://HOST]
//
// Fails where one is below 0.98. The server is else the one that PORCHLIGHT_URL names. A release build
// should serve: a debug build is slower than what is measured for.
import { chromium, lighthouse } from "./modules.mjs";
import { site } from "./pages.mjs";

const PAGES = ["home", "agency", "map", "disclosures"];
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const LEAST = 0.98;
// Times vary with what else the machine does: a page that misses is measured again, and the middle of
// all its scores counts.
const ATTEMPTS = 3;

const base = process.argv[2] ?? process.env.PORCHLIGHT_URL;
if (!base) {
  console.error("site: node lighthouse.mjs http://HOST");
  process.exit(2);
}
const { measure, launch } = await lighthouse();
const { pages } = await site(base);
const chromePath = await chromium();

/** One measurement, in a browser of its own, so that none finds anything cached. */
async function once(address) {
  const browser = await launch({
    chromePath,
    logLevel: "silent",
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    const { lhr } = await measure(address, {
      port: browser.port, output: "json", logLevel: "error", onlyCategories: CATEGORIES,
    });
    if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
    return lhr;
  } finally {
    await browser.kill();
  }
}

const scores = (report) => CATEGORIES.map((name) => report.categories[name].score ?? 0);
const misses = (all) => all.some((score) => score < LEAST);
const middle = (numbers) => numbers.sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];

/** What keeps a category of a report from the full score. */
function reasons(report, category) {
  const { auditRefs } = report.categories[category];
  return auditRefs
    .map(({ id, weight }) => ({ ...report.audits[id], weight }))
    .filter(({ score, weight }) => weight > 0 && score !== null && score < 1)
    .map(({ id, title, displayValue }) => `    ${id}: ${title}${displayValue ? `, ${displayValue}` : ""}`);
}

let missed = false;
const width = Math.max(...PAGES.map((name) => name.length));
console.log(["page".padEnd(width), ...CATEGORIES].join("  "));
for (const name of PAGES) {
  const address = new URL(pages.find((page) => page.name === name).path, base).href;
  const reports = [await once(address)];
  while (reports.length < ATTEMPTS && misses(scores(reports[0]))) reports.push(await once(address));
  const counted = CATEGORIES.map((_, at) => middle(reports.map((report) => scores(report)[at])));
  const cells = counted.map((score, at) => score.toFixed(2).padEnd(CATEGORIES[at].length));
  console.log([name.padEnd(width), ...cells].join("  ").trimEnd());
  counted.forEach((score, at) => {
    if (score >= LEAST) return;
    missed = true;
    console.log([`  ${CATEGORIES[at]} of ${address}:`, ...reasons(reports[0], CATEGORIES[at])].join("\n"));
  });
}
process.exitCode = missed ? 1 : 0;
