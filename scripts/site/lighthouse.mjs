// Measures some pages as Lighthouse does for a telephone, and prints its scores:
//
//     node lighthouse.mjs [http://HOST] [--timeless]
//
// Fails where one is below 0.98; with --timeless the performance is printed and not held to that, for
// it follows from what else the machine does. Without an address the server is the one that
// PORCHLIGHT_URL names. A debug build serves fast enough, if the machine has little else to do.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { inWords } from "./faults.mjs";
import { chromium, lighthouse } from "./modules.mjs";
import { site } from "./pages.mjs";

const PAGES = ["home", "agency", "map", "disclosures"];
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const LEAST = 0.98;
// Times vary with what else the machine does: a page that is slow is measured again, and the middle of
// all its scores counts.
const ATTEMPTS = 3;

function stop(words) {
  console.error(`site: ${words}`);
  process.exit(2);
}

const given = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const held = (name) => name !== "performance" || !process.argv.includes("--timeless");
const base = given[0] ?? process.env.PORCHLIGHT_URL ?? stop("node lighthouse.mjs http://HOST");
const { measure, launch } = await lighthouse();
const { pages } = await site(base).catch((failure) => stop(inWords(failure)));
const chromePath = await chromium();

/** One measurement, in a browser of its own, so that none finds anything cached. */
async function once(address) {
  // It is ended without a warning, and leaves files behind.
  const scratch = await mkdtemp(join(tmpdir(), "porchlight-site-"));
  const browser = await launch({
    chromePath,
    envVars: { ...process.env, TMPDIR: scratch },
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
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The measurements of a page: one, or more if it seems slow. */
async function measured(address) {
  const reports = [await once(address)];
  while (reports.length < ATTEMPTS && slow(reports[0])) reports.push(await once(address));
  return reports;
}

const scores = (report) => CATEGORIES.map((name) => report.categories[name].score ?? 0);
const slow = (report) => held("performance") && report.categories.performance.score < LEAST;
const middle = (numbers) => numbers.sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];

/** What keeps a category of a report from the full score. */
function reasons(report, category) {
  const { auditRefs } = report.categories[category];
  return auditRefs
    .map(({ id, weight }) => ({ ...report.audits[id], weight }))
    .filter(({ score, weight }) => weight > 0 && score !== null && score < 1)
    .map(({ id, title, displayValue = "" }) => `    ${id}: ${title} ${displayValue}`.trimEnd());
}

let missed = false;
const width = Math.max(...PAGES.map((name) => name.length));
console.log(["page".padEnd(width), ...CATEGORIES].join("  "));
for (const name of PAGES) {
  const address = new URL(pages.find((page) => page.name === name).path, base).href;
  const reports = await measured(address).catch((failure) => stop(inWords(failure)));
  const counted = CATEGORIES.map((_, at) => middle(reports.map((report) => scores(report)[at])));
  const cells = counted.map((score, at) => score.toFixed(2).padEnd(CATEGORIES[at].length));
  console.log([name.padEnd(width), ...cells].join("  ").trimEnd());
  counted.forEach((score, at) => {
    if (score >= LEAST || !held(CATEGORIES[at])) return;
    missed = true;
    console.log(`  ${CATEGORIES[at]} of ${address}:`);
    for (const reason of reasons(reports[0], CATEGORIES[at])) console.log(reason);
  });
}
process.exitCode = missed ? 1 : 0;
