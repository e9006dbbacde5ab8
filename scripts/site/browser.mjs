// A browser that looks at the site, and what goes wrong in it.
import { chromium, playwright } from "./modules.mjs";
import { inWords } from "./faults.mjs";

/** How a page is looked at: a telephone and a desk, by day and by night. */
export const VIEWS = ["light", "dark"].flatMap((scheme) =>
  [[360, 740], [1440, 900]].map(([width, height]) => ({
    name: `${width} px, ${scheme}`, file: `${width}-${scheme}`, scheme, width, height,
  })),
);
export const DESK = VIEWS.find(({ width, scheme }) => width === 1440 && scheme === "light");

// Letters of a message in the console that are passed on.
const LONGEST = 160;

/** How many pages are open at a time. */
export const TABS = 3;

/** Starts the browser. It finds no host but this machine and the server's. */
export async function start(base) {
  const hosts = [...new Set([new URL(base).hostname, "localhost", "127.0.0.1"])];
  const excluded = hosts.map((host) => `EXCLUDE ${host}`).join(", ");
  return playwright().chromium.launch({
    executablePath: await chromium(),
    // Tests run as root, where Chromium refuses to start with a sandbox.
    chromiumSandbox: false,
    args: [`--host-resolver-rules=MAP * ~NOTFOUND, ${excluded}`],
  });
}

/** A new tab without a past: nothing cached, nothing stored. */
export async function open(browser, view = DESK, more = {}) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.scheme,
    // Colours on their way from one to another have no contrast to speak of.
    reducedMotion: "reduce",
    ...more,
  });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

/**
 * Has `say` hear of everything that a page must not do: errors in the console, of which refusals by
 * the content security policy are some, and requests to other origins than these. The console may say
 * that `absent` addresses are not there.
 */
export function watch(tab, origins, say, absent = []) {
  const foreign = (url) => /^(https?|wss?):/.test(url) && !origins.includes(new URL(url).origin);
  tab.on("console", (message) => {
    if (message.type() !== "error") return;
    const { url } = message.location();
    if (absent.includes(url) && message.text().startsWith("Failed to load resource")) return;
    // Some messages go on with advice.
    say(`the console says: ${message.text().slice(0, LONGEST)} (${url})`);
  });
  tab.on("pageerror", (error) => say(`a script failed: ${inWords(error)}`));
  tab.on("request", (request) => {
    if (foreign(request.url())) say(`a request to another origin: ${request.url()}`);
  });
  tab.on("websocket", (socket) => say(`a socket: ${socket.url()}`));
  tab.on("dialog", (dialog) => {
    say(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
}

/**
 * Opens a page in a view, has `look` look at it, and closes it. `say` hears if that cannot be, and
 * `overhear` what goes wrong in it besides.
 */
export async function visit({ browser, base, page, view = DESK, say, overhear }, look) {
  const tab = await open(browser, view);
  try {
    const address = new URL(page.path, base).href;
    // A picture by itself names no icon, so the browser looks for one.
    const icon = page.kind === "svg" ? [new URL("/favicon.ico", base).href] : [];
    if (overhear) watch(tab, [new URL(base).origin], overhear, [address, ...icon]);
    const bytes = await transferred(tab);
    const answer = await tab.goto(address, { waitUntil: "networkidle" });
    if (answer.status() !== page.status) {
      // Whatever is shown instead has faults of its own.
      say(`is answered with ${answer.status()} instead of ${page.status}`);
    } else {
      await look(tab, answer, bytes);
    }
  } catch (failure) {
    say(`could not be looked at: ${inWords(failure)}`);
  } finally {
    await tab.context().close();
  }
}

/** Counts the bytes of all answers as they came through the network: compressed, with headers. */
async function transferred(tab) {
  const session = await tab.context().newCDPSession(tab);
  const counted = { total: 0 };
  session.on("Network.loadingFinished", (event) => (counted.total += event.encodedDataLength));
  session.on("Network.requestWillBeSent", (event) => {
    counted.total += event.redirectResponse?.encodedDataLength ?? 0;
  });
  await session.send("Network.enable");
  return counted;
}
