// Asks the server without a browser.

const ATTEMPTS = 10;

/** The answer to GET, as browsers ask unless `accept` says else; waits where the server says so. */
export async function get(base, path, accept = "text/html,*/*;q=0.8") {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(new URL(path, base), { headers: { accept } });
    if (answer.status !== 429 || attempt === ATTEMPTS) return answer;
    await answer.body?.cancel();
    const seconds = Number(answer.headers.get("Retry-After") ?? 1);
    await new Promise((wake) => setTimeout(wake, seconds * 1000));
  }
}

/** An answer of the API. */
export async function ask(base, path) {
  const answer = await get(base, path, "application/json");
  if (!answer.ok) throw new Error(`${path} is answered with ${answer.status}`);
  return answer.json();
}

/** Does the work for each item, a few at a time, and returns what it gave, in order. */
export async function each(items, limit, work) {
  const results = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next; (next = waiting.shift()); ) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
