// What a check has found.
import { stripVTControlCharacters } from "node:util";

/** The first line of a failure, without its stack, and what it waited for or was caused by. */
export function inWords(failure) {
  const message = stripVTControlCharacters(String(failure?.message ?? failure));
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  const awaited = lines.slice(1).find((line) => line.includes("waiting for"));
  const cause = failure?.cause && inWords(failure.cause);
  return [lines[0] ?? "failed", awaited?.replace(/^[\s-]+/, ""), cause].filter(Boolean).join(": ");
}

/** Faults by page. The same in several views of a page is one. */
export class Faults {
  #views = new Map();

  add(path, words, view = "") {
    const fault = `${path}: ${words.replace(/\s+/g, " ").slice(0, 600)}`;
    if (!this.#views.has(fault)) this.#views.set(fault, new Set());
    if (view) this.#views.get(fault).add(view);
  }

  get count() {
    return this.#views.size;
  }

  /** One line per fault; with the views if it does not show in all of them. */
  lines(views) {
    return [...this.#views].map(([fault, seen]) =>
      seen.size === 0 || seen.size === views ? fault : `${fault} (${[...seen].sort().join("; ")})`,
    );
  }
}
