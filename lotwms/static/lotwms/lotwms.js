/* What every page shares: names for controls that Django leaves without one, tables that become
   cards on a phone, filters behind a button, asking the server. Pages work without it; they are
   only less handy. */
"use strict";

(() => {
  /* What comes from an address while a page stands open: `await lotwms.ask(address)`. Throws where
     nothing comes, or the log-in page does. */
  async function ask(address) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(`No answer: ${answer.status}`);
    return answer;
  }
  window.lotwms = { ask };

  const text = (element) => (element ? element.textContent.trim().replace(/\s+/g, " ") : "");

  /* A cell's label on a phone is the heading of its column; the first is the card's title, unless
     something is typed there. Roles keep it a table for screen readers although CSS lays it out as
     cards. */
  const isTyped = (cell) => cell.querySelector("input:not([type=hidden], [type=checkbox]), select");

  const ROLES = {
    thead: "rowgroup", tbody: "rowgroup", tfoot: "rowgroup", tr: "row", td: "cell",
    "thead th": "columnheader", "tbody th, tfoot th": "rowheader",
  };

  function makeCards(table) {
    const heads = Array.from(table.querySelectorAll("thead tr:last-child > th"));
    if (!heads.length) return;
    const labels = heads.map((head) => text(head.querySelector(".text") || head));
    const title = heads.findIndex((head) => !head.classList.contains("action-checkbox-column"));
    for (const row of table.querySelectorAll("tbody > tr, tfoot > tr")) {
      if (row.children.length !== labels.length) continue;
      Array.from(row.children).forEach((cell, column) => {
        if (!labels[column] || !cell.hasChildNodes()) return;
        if (column > title || (column === title && isTyped(cell))) {
          cell.dataset.label = labels[column];
        }
      });
    }
    table.setAttribute("role", "table");
    for (const [selector, role] of Object.entries(ROLES)) {
      table.querySelectorAll(selector).forEach((part) => part.setAttribute("role", role));
    }
    table.classList.add("lw-cards");
  }

  /* Numbers stand right in the heading, too. */
  function alignHeadings(table) {
    const row = table.querySelector("tbody > tr");
    if (!row) return;
    table.querySelectorAll("thead tr:last-child > th").forEach((head, column) => {
      const cell = row.children[column];
      if (cell && cell.querySelector(".num")) cell.classList.add("num");
      if (cell && cell.classList.contains("num")) head.classList.add("num");
    });
    table.querySelectorAll("tbody td:has(> .num)").forEach((cell) => cell.classList.add("num"));
  }

  /* Django's tabular inlines have headings but no labels. */
  function nameInlines(root) {
    for (const table of root.querySelectorAll(".tabular table")) {
      const heads = Array.from(table.querySelectorAll("thead th"));
      heads.filter((head) => !text(head)).forEach((head) => {
        head.insertAdjacentHTML("beforeend", '<span class="visually-hidden">Row</span>');
      });
      Array.from(table.querySelectorAll("tbody tr.form-row")).forEach((row, number) => {
        Array.from(row.children).forEach((cell, column) => {
          const head = heads[column - (row.children.length - heads.length)];
          const fields = cell.querySelectorAll("input:not([type=hidden]), select, textarea");
          fields.forEach((field) => {
            if (!field.labels.length && !field.hasAttribute("aria-label")) {
              field.setAttribute("aria-label", `${text(head)}, row ${number + 1}`);
            }
          });
        });
      });
    }
  }

  /* Autocomplete boxes: the visible box is named by the field's label, its parts by their use. */
  function nameAutocompletes(root) {
    for (const box of root.querySelectorAll(".select2-selection")) {
      const select = box.closest(".select2").previousElementSibling;
      const label = select && ((select.labels && text(select.labels[0])) ||
        select.getAttribute("aria-label"));
      if (!label || box.hasAttribute("aria-label")) continue;
      box.removeAttribute("aria-labelledby");
      box.setAttribute("aria-label", label);
      const shown = box.querySelector(".select2-selection__rendered");
      if (shown) ["role", "aria-readonly"].forEach((name) => shown.removeAttribute(name));
    }
    for (const search of root.querySelectorAll(".select2-search__field:not([aria-label])")) {
      search.setAttribute("aria-label", "Search");
    }
    for (const list of root.querySelectorAll(".select2-results__options:not([aria-label])")) {
      list.setAttribute("aria-label", "Results");
    }
  }

  /* A date and a time under one label. */
  function nameDateTimes() {
    for (const field of document.querySelectorAll(".datetime input:not([aria-label])")) {
      const label = text(field.closest(".form-row")?.querySelector("label, legend"));
      const part = field.classList.contains("vTimeField") ? "time" : "date";
      if (!field.labels.length) field.setAttribute("aria-label", `${label} ${part}`);
    }
  }

  function collapseFilters() {
    const filters = document.getElementById("changelist-filter");
    const container = document.querySelector("#changelist .changelist-form-container");
    if (!filters || !container) return;
    let bar = document.getElementById("toolbar");
    if (!bar) {
      bar = document.createElement("div");
      bar.id = "toolbar";
      container.prepend(bar);
    }
    const active = filters.querySelectorAll("li.selected:not(:first-child)").length;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "lw-filter-toggle";
    button.textContent = active ? `Filters (${active})` : "Filters";
    button.setAttribute("aria-controls", filters.id);
    const show = (open) => {
      filters.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    };
    button.addEventListener("click", () => show(filters.hidden));
    show(active > 0 && window.innerWidth > 767);
    bar.append(button);
    bar.after(filters);
  }

  function nameAll(root) {
    /* The two lists of Django's Groups page. */
    root.querySelectorAll(".help-tooltip[aria-label]").forEach((mark) => {
      mark.setAttribute("role", "img");
    });
    nameInlines(root);
    nameAutocompletes(root);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#result_list, .lw-table").forEach((table) => {
      alignHeadings(table);
      makeCards(table);
    });
    document.addEventListener("lw:table", (event) => makeCards(event.target));
    document.getElementById("searchbar")?.setAttribute("aria-label", "Search");
    collapseFilters();
    nameDateTimes();
    nameAll(document);
    const added = (changes) => changes.some((change) => change.addedNodes.length);
    new MutationObserver((changes) => added(changes) && nameAll(document))
      .observe(document.body, { childList: true, subtree: true });
  });
})();
