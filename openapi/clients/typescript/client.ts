// What a client made from the OpenAPI document can do: list, page to the end, get one, and read a
// failure, all of it typed. usage: node client.js http://HOST
import assert from "node:assert/strict";

import createClient from "openapi-fetch";

// Made by openapi-typescript.
import type { components, paths } from "./schema.js";

type Vendor = components["schemas"]["Vendor"];
type Selection = components["schemas"]["VendorSelection"];
type Problem = components["schemas"]["ProblemDocument"];

// A list has other forms, too; unless asked otherwise it is JSON, and a failure always is.
type Media = "application/json" | "application/problem+json";

// With `fields` a row is a selection; without it is whole, and every key of it is there.
const whole = (rows: (Vendor | Selection)[]): Vendor[] =>
  rows.filter((row): row is Vendor => row.evidence_count !== undefined);

const host = process.argv[2];
assert(host, "usage: node client.js http://HOST");

// Several values go into one parameter; the library reads no `explode` from the document.
const querySerializer = { array: { style: "form", explode: false } } as const;

const latest = createClient<paths, Media>({ baseUrl: `${host}/v1`, querySerializer });

const first = await latest.GET("/vendors", { params: { query: { limit: 1, sort: ["-name", "id"] } } });
assert(first.data, `the list was answered ${first.response.status}`);
const release: string = first.data.meta.release;
assert.equal(first.response.headers.get("Dataset-Release"), release);

// Pages belong to one release, so the rest is asked there: the address of a client pins it.
const pinned = createClient<paths, Media>({ baseUrl: `${host}/v1/releases/${release}`, querySerializer });
const vendors: Vendor[] = whole(first.data.data);
let next: string | null = first.data.links.next;
while (next !== null) {
  const cursor = new URL(next, host).searchParams.get("cursor");
  assert(cursor, `${next} has no cursor`);
  const page = await pinned.GET("/vendors", {
    params: { query: { limit: 1, sort: ["-name", "id"], cursor } },
  });
  assert(page.data, `a page was answered ${page.response.status}`);
  vendors.push(...whole(page.data.data));
  next = page.data.links.next;
}
assert.equal(vendors.length, first.data.meta.total);
assert.equal(new Set(vendors.map((vendor) => vendor.id)).size, vendors.length);
const names = vendors.map((vendor) => vendor.name);
assert(names.length > 1 && names.every((name, at) => at === 0 || name <= (names[at - 1] ?? "")));

const listed = vendors[0];
assert(listed);
const one = await pinned.GET("/vendors/{id}", { params: { path: { id: listed.id } } });
assert(one.data, `one was answered ${one.response.status}`);
const vendor: Vendor = one.data.data;
assert.deepEqual(vendor, listed);

const missing = await latest.GET("/vendors/{id}", { params: { path: { id: "nobody" } } });
assert(missing.error, "there is a vendor that should not be");
const problem: Problem = missing.error;
assert.deepEqual([problem.status, problem.code], [404, "not_found"]);

// The compiler would refuse a parameter that there is not; whoever builds queries by hand gets this.
const refused = await latest.GET("/vendors", { params: { query: { limit: 5000 } } });
const fault = refused.error?.errors?.[0];
assert.deepEqual([fault?.parameter, fault?.code], ["limit", "limit_too_large"]);

console.log(`typescript: ${vendors.length} vendors of ${release} on as many pages, one, two problems`);
