// The pages that are looked at. What stands in an address but depends on the data is asked of the API.
import { ask } from "./ask.mjs";

/**
 * A page: `name` is what `--only` calls it. `kind` is html, svg or csv. `status` is what it is
 * answered with, `bytes` the most that may be transferred, and `figures` whether it must show a number
 * of the data. A `foreign` page is made by others, who answer for its size and its markup.
 */
const page = (name, path, more = {}) => ({
  name, path, kind: "html", status: 200, bytes: 150_000, figures: false, foreign: false, ...more,
});

const CHARTS = ["partners-over-time", "partners-by-state", "disclosures-by-basis", "requests-by-outcome"];

/** The last part of an agency's address. The server looks at what stands before it only. */
const slug = (name) =>
  name.toLowerCase().replace(/['’]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

/** An agency, with a partnership and named like the word if there is one; and its name. */
async function agencyLike(base, word) {
  const queries = [`q=${word}&partnerships__gte=1&`, "partnerships__gte=1&", ""];
  for (const query of queries) {
    const [agency] = (await ask(base, `/v1/agencies?${query}limit=1`)).data;
    if (agency) return { agency, word: agency.name };
  }
  throw new Error("there is no agency to look at");
}

/** One record of each table that has pages for them, and those that sources disagree about. */
async function records(base) {
  const list = [
    ["partnership", "partnerships", "/partnerships", "agency_id__isnull=true&"],
    ["disclosure", "disclosures", "/disclosures", "incident_count__gte=2&"],
    ["total", "reported_totals", "/totals", ""],
    ["event", "events", "/events", ""],
  ];
  const pages = [];
  for (const [name, table, path, wanted] of list) {
    const [record] = (await ask(base, `/v1/${table}?${wanted}limit=1`)).data;
    if (record) pages.push(page(name, `${path}/${record.id}`, { figures: true }));
  }
  const { data } = await ask(base, "/v1/evidence?subject_type=disclosure&role=contradicts&limit=1");
  if (data[0]) pages.push(page("disputed", `/disclosures/${data[0].subject_id}`, { figures: true }));
  return pages;
}

/** What all checks look at: pages, and what the journeys need. */
export async function site(base) {
  const { agency, word } = await agencyLike(base, "Springfield");
  const [newest, before] = (await ask(base, "/v1/releases")).data.map(({ release }) => release);
  const agencyPath = `/agencies/${agency.id}/${slug(agency.name)}`;
  const left = before ? [] : ["compare: there is one release only"];
  const pages = [
    page("home", "/", { bytes: 60_000, figures: true }),
    page("search", "/search?q=springfield"),
    page("state", "/places/oh", { figures: true }),
    page("agency", agencyPath, { figures: true }),
    page("partnerships", "/partnerships", { figures: true }),
    page("disclosures", "/disclosures", { figures: true }),
    page("totals", "/totals", { figures: true }),
    page("events", "/events"),
    ...(await records(base)),
    page("map", "/map", { figures: true }),
    page("map-state", "/map?state=OH"),
    page("releases", "/releases", { figures: true }),
    page("release", `/releases/${newest}`),
    ...(before ? [page("compare", `/compare/${before}/${newest}`)] : []),
    page("data", "/data"),
    page("dictionary", "/dictionary"),
    page("sources", "/sources"),
    page("corrections", "/corrections"),
    page("about", "/about"),
    page("status", "/status"),
    page("problem", "/problems/not-found"),
    page("missing", "/nothing-here", { status: 404 }),
    page("embed", "/embed/partners-over-time"),
    page("docs", "/docs", { foreign: true }),
    ...CHARTS.map((chart) => page(`chart-${chart}`, `/charts/${chart}.svg`, { kind: "svg" })),
    ...CHARTS.map((chart) => page(`chart-${chart}-csv`, `/charts/${chart}.csv`, { kind: "csv" })),
  ];
  return { pages, left, agencyPath, word };
}
