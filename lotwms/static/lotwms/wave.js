/* Waves: what the filters would take while one chooses, how far a running wave is, and printing.
   Without this script a button counts, and the page of a wave is reloaded by hand. */
"use strict";

(() => {
  const PAUSE_MS = 200;
  const EVERY_MS = 1000;

  /* The latest question wins; where there is no answer the button still counts. */
  function countWhileChoosing(form) {
    const shown = document.getElementById("wave-count");
    const recount = document.getElementById("wave-recount");
    recount.hidden = true;
    let asked = 0;
    let timer;
    async function count() {
      const question = ++asked;
      const filters = new URLSearchParams(new FormData(form));
      filters.delete("csrfmiddlewaretoken");
      try {
        const { text } = await (await lotwms.ask(`${form.dataset.count}?${filters}`)).json();
        if (question === asked) shown.textContent = text;
      } catch {
        recount.hidden = false;
      }
    }
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(count, PAUSE_MS);
    });
  }

  /* The lists below change, too, when the wave is through: then the page is read anew. */
  function follow(panel) {
    const bar = panel.querySelector("progress");
    const text = panel.querySelector("[data-text]");
    async function look() {
      const asked = Date.now();
      let found;
      try {
        found = await (await lotwms.ask(panel.dataset.progress)).json();
      } catch {
        setTimeout(look, 5 * EVERY_MS);
        return;
      }
      bar.value = found.done;
      text.textContent = found.text;
      for (const cell of panel.querySelectorAll("[data-result]")) {
        cell.textContent = found.results[cell.dataset.result];
      }
      /* A large wave takes longer to add up, and is then asked less often. */
      const rest = Math.max(EVERY_MS, 5 * (Date.now() - asked));
      if (found.is_under_way) setTimeout(look, rest);
      else window.location.reload();
    }
    setTimeout(look, EVERY_MS);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("wave-form");
    if (form) countWhileChoosing(form);
    const panel = document.querySelector("#wave[data-progress]");
    if (panel) follow(panel);
    const print = document.getElementById("print");
    if (print) {
      print.hidden = false;
      print.addEventListener("click", () => window.print());
    }
  });
})();
