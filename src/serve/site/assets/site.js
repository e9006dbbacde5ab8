// What the pages can do beyond HTML: suggestions while typing, copying a call, tidy addresses.
// Every page does without it.
"use strict";

for (const form of document.querySelectorAll("form")) {
  // An empty field asks for nothing, so it need not stand in the address.
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if (field.name && !field.value) field.disabled = true;
    }
  });
}
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form :disabled")) field.disabled = false;
});

// Over plain http a browser lets no page copy.
const copying = navigator.clipboard ? document.querySelectorAll("button[data-copies]") : [];
for (const button of copying) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).innerText);
    button.textContent = "Copied";
  });
}

// A server without a public address knows only the one it listens on.
for (const host of document.querySelectorAll(".local")) host.textContent = location.origin;

const input = document.getElementById("q");
const list = document.getElementById("suggestions");
if (input && list) suggest(input, list);

function suggest(input, list) {
  let chosen = -1;
  let asked = 0;
  let timer;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  close();

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (event) => {
    const options = list.children;
    if (event.key === "Escape") close();
    if (!options.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((chosen + step + options.length) % options.length);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      location.href = options[chosen].dataset.to;
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 200));

  async function ask() {
    const words = input.value.trim();
    const mine = ++asked;
    if (words.length < 2) return close();
    const query = new URLSearchParams({ q: words, limit: 8, fields: "name,state,counties,city" });
    const response = await fetch("/v1/agencies?" + query).catch(() => null);
    if (!response || !response.ok || mine !== asked) return;
    show((await response.json()).data);
  }
  function show(agencies) {
    list.replaceChildren(...agencies.map((agency, at) => {
      const option = document.createElement("li");
      option.id = "suggestion-" + at;
      option.setAttribute("role", "option");
      option.dataset.to = "/agencies/" + agency.id;
      const where = [agency.city || agency.counties[0], agency.state].filter(Boolean).join(", ");
      option.textContent = agency.name + (where ? ", " + where : "");
      option.addEventListener("mousedown", () => (location.href = option.dataset.to));
      return option;
    }));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(agencies.length > 0));
    list.hidden = !agencies.length;
  }
  function choose(at) {
    chosen = at;
    for (const [index, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(index === at));
      if (index === at) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    }
  }
  function close() {
    // An answer that is still under way comes too late.
    asked++;
    chosen = -1;
    list.replaceChildren();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
}
