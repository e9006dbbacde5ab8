// Pages of other sites show the chart that is made to be shown there, and no other page.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import { watch } from "../browser.mjs";

export async function embedded({ base, tab: newTab, say }) {
  const embedding = createServer((request, response) => {
    const framed = new URL(request.url, "http://embedding").searchParams.get("framed");
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(
      '<!DOCTYPE html><html lang="en"><title>Another site</title><link rel="icon" href="data:,">' +
        `<iframe src="${new URL(framed, base).href}" title="framed" width="640" height="480"></iframe>`,
    );
  }).listen(0, "127.0.0.1");
  await once(embedding, "listening");
  // Another name, so that it is another site and not only another port of the same.
  const name = new URL(base).hostname === "localhost" ? "127.0.0.1" : "localhost";
  const origin = `http://${name}:${embedding.address().port}`;
  const framing = async (path, tab) => {
    await tab.goto(`${origin}/?framed=${encodeURIComponent(path)}`, { waitUntil: "networkidle" });
    return tab.frames()[1];
  };
  try {
    const tab = await newTab({ watched: false });
    watch(tab, [new URL(base).origin, origin], say);
    await drawn(await framing("/embed/partners-over-time", tab));
    // The browser complains of what it refuses, as it should.
    const refused = await framing("/", await newTab({ watched: false }));
    assert(refused.url().startsWith("chrome-error:"), "another site may frame the first page");
  } finally {
    embedding.close();
    embedding.closeAllConnections();
  }
}

async function drawn(frame) {
  assert(!frame.url().startsWith("chrome-error:"), "another site may not frame the chart");
  const chart = frame.locator("svg, img").first();
  await chart.waitFor();
  const { width, height } = await chart.boundingBox();
  assert(width > 100 && height > 50, `the chart is ${width} by ${height} pixels in a frame`);
  // A picture that did not load has none; a drawing says nothing here.
  const loaded = await chart.evaluate((element) => element.naturalWidth);
  assert.notEqual(loaded, 0, "the picture of the chart does not load in a frame");
}
