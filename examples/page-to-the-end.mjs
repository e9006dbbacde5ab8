// Prints every partnership of a state: node page-to-the-end.mjs STATE [SERVER]
//
// Node 18 or newer; nothing to install. `records` runs in a browser as it is.

const ATTEMPTS = 10;

/** The answer at an address as JSON; waits where the server says so. */
async function get(address) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(address);
    if (answer.ok) return answer.json();
    if (![429, 503].includes(answer.status) || attempt === ATTEMPTS) {
      // The body says what is wrong, and what was probably meant.
      throw new Error(`${answer.status}: ${await answer.text()}`);
    }
    const seconds = Number(answer.headers.get("Retry-After") ?? 1);
    await new Promise((wake) => setTimeout(wake, seconds * 1000));
  }
}

/** All records of a list: page after page, all of one release. */
export async function* records(address) {
  const seen = new Set();
  let release, total;
  for (let next = address; next; ) {
    const { data, meta, links } = await get(next);
    release ??= meta.release;
    if (meta.release !== release) throw new Error("a page of another release");
    for (const record of data) {
      seen.add(record.id);
      yield record;
    }
    total = meta.total;
    // Links may leave out the host.
    next = links.next && new URL(links.next, next).href;
  }
  if (seen.size !== total) throw new Error(`${seen.size} of ${total} records`);
  console.error(`${seen.size} partnerships, release ${release}`);
}

if (typeof process !== "undefined") {
  const [state, server = "http://127.0.0.1:8080"] = process.argv.slice(2);
  const query = new URLSearchParams({ state, sort: "agency_name", limit: 100 });
  for await (const record of records(`${server}/v1/partnerships?${query}`)) {
    console.log([record.id, record.agency_name, record.status].join("\t"));
  }
}
