/* The pop-up with the lots of a product. Without it, or where the answer is not what it should
   be (somebody logged out meanwhile), View opens the same lots as a page. */
"use strict";

(() => {
  const dialog = document.getElementById("lots-dialog");
  const content = document.getElementById("lots-content");
  if (!dialog || !dialog.showModal) return;
  let opener = null;

  async function fetchLots(link) {
    const url = new URL(link.href);
    url.searchParams.set("part", "lots");
    return (await lotwms.ask(url)).text();
  }

  async function open(link) {
    if (link.getAttribute("aria-busy") === "true") return;
    link.setAttribute("aria-busy", "true");
    try {
      const html = await fetchLots(link);
      content.replaceChildren(document.createRange().createContextualFragment(html));
    } catch {
      window.location.assign(link.href);
      return;
    } finally {
      link.removeAttribute("aria-busy");
    }
    opener = link;
    dialog.showModal();
    content.querySelectorAll(".lw-table").forEach((table) => {
      table.dispatchEvent(new CustomEvent("lw:table", { bubbles: true }));
    });
    document.getElementById("lots-title").focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.lw-view");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (!link || !plain) return;
    event.preventDefault();
    open(link);
  });

  /* It looks like a button, so the space bar works on it, too. */
  document.addEventListener("keydown", (event) => {
    const link = event.key === " " && event.target.closest("a.lw-view");
    if (!link) return;
    event.preventDefault();
    open(link);
  });

  const isOutside = (event) => {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right ||
      event.clientY < box.top || event.clientY > box.bottom;
  };
  let pressedOutside = false; // not when a selection of text merely ends outside
  dialog.addEventListener("pointerdown", (event) => { pressedOutside = isOutside(event); });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && pressedOutside && isOutside(event)) dialog.close();
  });
  dialog.querySelector(".lw-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    content.replaceChildren();
    if (opener) opener.focus();
    opener = null;
  });
})();
