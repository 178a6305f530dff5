/* Tables that people fill in (form[data-table]): buttons that add or remove a row are sent in the
   background, the search box suggests products while one types, and the units of lots are summed
   up. Without this script the same buttons send the page. */
"use strict";

(() => {
  const KEEPS = ["next", "save"];
  const WAIT_MS = 200;

  /* Send the form as the button would, and take over the table that comes back. */
  async function press(form, button) {
    const data = new FormData(form);
    data.set("do", button.value);
    form.setAttribute("aria-busy", "true");
    const answer = await fetch(form.action || location.href, {
      method: "POST", body: data, credentials: "same-origin",
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-table]");
    if (!answer.ok || !fresh) {
      form.requestSubmit(button);
      return;
    }
    form.replaceChildren(...fresh.childNodes);
    form.dataset.focus = fresh.dataset.focus || "";
    form.removeAttribute("aria-busy");
    prepare(form);
    const next = form.elements.namedItem(form.dataset.focus) || form.elements.namedItem("find");
    if (next) next.focus();
  }

  function prepare(form) {
    form.querySelectorAll("table").forEach((table) => {
      table.dispatchEvent(new Event("lw:table", { bubbles: true }));
    });
    form.querySelectorAll("[data-line]").forEach(sumUp);
    const box = form.querySelector("#find");
    if (box) suggest(form, box);
  }

  /* "60 of 100 units are in lots": said as one types. */
  function sumUp(line) {
    const told = line.querySelector("[data-sum]");
    const total = line.querySelector("[data-total]");
    if (!told || !total) return;
    const show = () => {
      const parts = Array.from(line.querySelectorAll("[data-part]"));
      const sum = parts.reduce((units, part) => units + (Number(part.value) || 0), 0);
      const all = Number(total.value) || 0;
      told.textContent = sum === all ? `All ${all} units are in lots.`
        : `${sum} of ${all} units are in lots.`;
    };
    line.addEventListener("input", show);
    show();
  }

  /* A list of products under the search box: arrows, Enter and Escape, or a click. */
  function suggest(form, box) {
    const list = document.createElement("ul");
    list.id = "find-results";
    list.className = "lw-suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Products");
    list.hidden = true;
    box.parentElement.after(list);
    const attributes = {
      role: "combobox", "aria-expanded": "false", "aria-controls": list.id,
      "aria-autocomplete": "list",
    };
    Object.entries(attributes).forEach(([name, value]) => box.setAttribute(name, value));
    const find = form.querySelector('button[value="find"]');
    let timer = 0;
    let at = -1;

    const show = (open) => {
      list.hidden = !open;
      box.setAttribute("aria-expanded", String(open));
      if (!open) mark(-1);
    };
    const mark = (place) => {
      at = place;
      Array.from(list.children).forEach((option, number) => {
        option.setAttribute("aria-selected", String(number === place));
      });
      if (place < 0) box.removeAttribute("aria-activedescendant");
      else box.setAttribute("aria-activedescendant", list.children[place].id);
    };
    const choose = (sku) => {
      box.value = sku;
      show(false);
      press(form, find);
    };
    const fill = (products) => {
      list.replaceChildren(...products.map((product, number) => {
        const option = document.createElement("li");
        option.id = `find-result-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = `${product.sku} · ${product.name}`;
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          choose(product.sku);
        });
        option.dataset.sku = product.sku;
        return option;
      }));
      mark(-1);
      show(products.length > 0);
    };
    const look = async () => {
      const words = box.value.trim();
      if (!words) return show(false);
      let products;
      try {
        const answer = await lotwms.ask(`${box.dataset.url}?q=${encodeURIComponent(words)}`);
        products = (await answer.json()).results;
      } catch {
        return undefined; // what is typed counts without suggestions, too
      }
      if (box.value.trim() === words && document.activeElement === box) fill(products);
      return undefined;
    };
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(look, WAIT_MS);
    });
    box.addEventListener("blur", () => show(false));
    box.addEventListener("keydown", (event) => {
      const options = list.hidden ? 0 : list.children.length;
      if (event.key === "Enter") {
        event.preventDefault();
        clearTimeout(timer);
        if (at >= 0) choose(list.children[at].dataset.sku);
        else if (box.value.trim()) press(form, find);
      } else if (event.key === "Escape" && options) {
        event.preventDefault();
        show(false);
      } else if (event.key === "ArrowDown" && options) {
        event.preventDefault();
        mark((at + 1) % options);
      } else if (event.key === "ArrowUp" && options) {
        event.preventDefault();
        mark(at > 0 ? at - 1 : options - 1);
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-table]");
    if (!form) return;
    prepare(form);
    /* A scanner ends what it reads with Enter: on to the next field, never off with the form. */
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.defaultPrevented) return;
      if (!event.target.matches("input:not([type=hidden])")) return;
      event.preventDefault();
      const fields = Array.from(form.querySelectorAll("input:not([type=hidden]), button.button"));
      const next = fields[fields.indexOf(event.target) + 1];
      if (next) next.focus();
    });
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button || button.name !== "do" || KEEPS.includes(button.value)) return;
      if (form.getAttribute("aria-busy") === "true") return;
      event.preventDefault();
      press(form, button);
    });
  });
})();
