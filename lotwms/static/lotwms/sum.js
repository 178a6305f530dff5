/* A breakdown: says as one types how many of the units have their lot. */
"use strict";

(() => {
  const panel = document.querySelector("[data-sums]");
  if (!panel) return;
  const told = panel.querySelector("[data-sum]");
  const all = Number(told.dataset.sum);

  function show() {
    const parts = Array.from(panel.querySelectorAll("[data-part]"));
    const sum = parts.reduce((units, part) => units + (Number(part.value) || 0), 0);
    told.textContent = `${sum} units in these lines; in bins there are ${all} without a lot.`;
  }

  panel.addEventListener("input", show);
  new MutationObserver(show).observe(panel.querySelector("tbody"), { childList: true });
  show();
})();
