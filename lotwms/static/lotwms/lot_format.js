/* The form of a lot number format: asks the server what it would write and read, while one types.
   The rules are the server's; without this the page shows the saved format. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const PAUSE_MS = 250;
  const tried = document.getElementById("try-number");
  const shown = document.getElementById("format-preview");
  if (!tried || !shown) return;
  const names = ["pattern", "date_means", "product_code", "brand", "supplier", "line"];
  const inputs = names.map((name) => document.getElementById(`id_${name}`)).filter(Boolean);
  let timer;
  let asked = 0;

  async function show() {
    const question = ++asked;
    const query = new URLSearchParams(inputs.map((input) => [input.name, input.value]));
    query.set("try", tried.value);
    let html;
    try {
      html = await (await lotwms.ask(`${tried.dataset.preview}?${query}`)).text();
    } catch {
      return; // the page goes on showing what it did
    }
    if (question !== asked) return;
    shown.replaceChildren(document.createRange().createContextualFragment(html));
  }

  for (const input of [...inputs, tried]) {
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, PAUSE_MS);
    });
  }
  /* The box belongs to no field: enter there must not save the form. */
  tried.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
});
