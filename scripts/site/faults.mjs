// What a check has found.

/** The first line of a failure; the rest is a call log or a stack. */
export const inWords = (failure) =>
  String(failure?.message ?? failure).split("\n").find((line) => line.trim() !== "") ?? "failed";

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
