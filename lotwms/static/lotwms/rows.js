/* Tables of lines (orders, returns, transfers, breakdowns): they come and go without a page load, and
   products and lots are suggested. Without this script + and − ask the server, and SKUs and lots are
   typed. */
"use strict";

(() => {
  const PAUSE_MS = 150;
  const form = document.querySelector("form[data-rows]");
  if (!form) return;
  const body = form.querySelector(".lw-scroll tbody");
  const total = form.querySelector("[name=lines-TOTAL_FORMS]");
  const template = form.querySelector("template");

  /* Names, ids and spoken labels follow the place of the line. */
  function number() {
    Array.from(body.rows).forEach((row, place) => {
      for (const control of row.querySelectorAll("input, select, button")) {
        for (const name of ["name", "id"]) {
          const text = control.getAttribute(name);
          if (text) control.setAttribute(name, text.replace(/lines-(\d+|__prefix__)-/, `lines-${place}-`));
        }
        if (control.type !== "hidden") {
          control.setAttribute("aria-label", `${control.dataset.label}, line ${place + 1}`);
        }
        if (control.name === "remove_line") control.value = place;
      }
    });
    total.value = body.rows.length;
  }

  const firstControl = (row) => row.querySelector("input:not([type=hidden]), select");

  function add() {
    body.append(template.content.cloneNode(true));
    number();
    body.closest("table").dispatchEvent(new CustomEvent("lw:table", { bubbles: true }));
    firstControl(body.rows[body.rows.length - 1]).focus();
  }

  function remove(row) {
    const place = row.rowIndex - 1;
    row.remove();
    if (!body.rows.length) return add();
    number();
    firstControl(body.rows[Math.min(place, body.rows.length - 1)]).focus();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=add_line], button[name=remove_line]");
    if (!button) return;
    event.preventDefault();
    if (button.name === "add_line") add();
    else remove(button.closest("tr"));
  });

  /* Suggestions stand in the one list that the typed field names; the latest question wins. */
  let asked = 0;
  async function suggest(list, address, parameters) {
    const question = ++asked;
    let results;
    try {
      const answer = await lotwms.ask(`${address}?${new URLSearchParams(parameters)}`);
      ({ results } = await answer.json());
    } catch {
      return; // what is typed counts without suggestions, too
    }
    if (question !== asked) return;
    document.getElementById(list).replaceChildren(
      ...results.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })),
    );
  }

  const merchant = () => form.elements.merchant?.value || form.dataset.merchant;
  let timer;
  function ask(input) {
    clearTimeout(timer);
    const list = input.getAttribute("list");
    timer = setTimeout(() => {
      if (input.name.endsWith("-sku")) {
        suggest(list, form.dataset.products, { merchant: merchant(), term: input.value });
      } else if (input.name.endsWith("-lot_number")) {
        const sku = input.closest("tr").querySelector("[name$=-sku]").value;
        const source = form.elements.source?.value || "";
        suggest(list, form.dataset.lots, { merchant: merchant(), sku, source });
      }
    }, PAUSE_MS);
  }
  for (const type of ["input", "focusin"]) {
    form.addEventListener(type, (event) => {
      if (event.target.matches("[list]")) ask(event.target);
    });
  }
})();
