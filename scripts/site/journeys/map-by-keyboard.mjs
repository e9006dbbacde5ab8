// The map without a mouse: Tab comes to the states, is seen to be there, and Enter opens one.
import assert from "node:assert/strict";

// More stops than any page has before its map.
const STOPS = 80;

export async function mapByKeyboard({ base, tab: newTab }) {
  const tab = await newTab();
  await tab.goto(new URL("/map", base).href);
  let state = null;
  for (let stop = 0; stop < STOPS && state === null; stop++) {
    await tab.keyboard.press("Tab");
    state = await tab.evaluate(stateLink);
  }
  assert(state, `${STOPS} times Tab does not come to the link of a state`);
  assert(state.visible, `the link of a state has the focus outside of the window: ${state.href}`);

  const focused = await tab.screenshot();
  const link = await tab.evaluateHandle(() => document.activeElement);
  await link.evaluate((element) => element.blur());
  const blurred = await tab.screenshot();
  assert(!focused.equals(blurred), "the link of a state looks the same with the focus as without");
  await link.evaluate((element) => element.focus({ preventScroll: true }));

  const before = tab.url();
  await Promise.all([tab.waitForURL((url) => url.href !== before), tab.keyboard.press("Enter")]);
  const { pathname, search } = new URL(tab.url());
  assert.equal(pathname + search, state.href, "Enter opens something else");
  await tab.locator("h1").waitFor();
}

/** In the page: the link of a state that has the focus, or null. A link in a drawing is one, too. */
function stateLink() {
  const element = document.activeElement;
  const href = element?.closest("main") && element.getAttribute("href");
  if (!/^(\/places\/[a-z]{2}|(\/map)?\?state=[A-Z]{2})$/.test(href ?? "")) return null;
  const { top, left, bottom, right } = element.getBoundingClientRect();
  const { pathname, search } = new URL(href, location.href);
  const visible = bottom > 0 && right > 0 && top < window.innerHeight && left < window.innerWidth;
  return { href: pathname + search, visible };
}
