// The markup of every page and chart, as it is sent, judged by the Nu HTML checker.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import { vnu } from "../modules.mjs";
import { each, get } from "../ask.mjs";

export async function valid({ base, list, faults }) {
  const judged = list.filter(({ kind, foreign }) => kind !== "csv" && !foreign);
  const folder = await mkdtemp(join(tmpdir(), "porchlight-site-"));
  try {
    const files = await each(judged, 4, async (page) => {
      const answer = await get(base, page.path);
      const text = await answer.text();
      if (answer.status !== page.status) {
        faults.add(page.path, `is answered with ${answer.status} instead of ${page.status}`);
        return undefined;
      }
      const file = join(folder, `${page.name}.${page.kind}`);
      await writeFile(file, text);
      return file;
    });
    const pages = new Map(judged.map((page) => [`${page.name}.${page.kind}`, page]));
    for (const message of await messages(files.filter((file) => file !== undefined))) {
      // A warning is an info of its own kind; other infos are advice.
      if (message.type === "info" && message.subType !== "warning") continue;
      const at = message.lastLine ? ` (line ${message.lastLine}: ${message.extract ?? ""})` : "";
      faults.add(pages.get(basename(message.url))?.path ?? message.url, `${message.message}${at}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return `${judged.length} documents`;
}

async function messages(files) {
  if (files.length === 0) return [];
  const options = ["-jar", vnu(), "--format", "json", "--exit-zero-always", "--also-check-svg", ...files];
  const { stderr } = await promisify(execFile)("java", options, { maxBuffer: 1 << 28 });
  // The Java machine may have said something before.
  return JSON.parse(stderr.slice(stderr.indexOf("{"))).messages;
}
