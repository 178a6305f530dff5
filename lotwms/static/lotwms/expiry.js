/* In a big house the units of the expiry page are added up while its lots are read already. Where
   that fails, the link that stands there opens the page that waits for them. */
"use strict";

(async () => {
  const place = document.getElementById("figures");
  if (!place) return;
  const link = [...place.childNodes];
  const waiting = document.createElement("p");
  waiting.className = "lw-panel lw-hint";
  waiting.textContent = "Adding up the units …";
  place.replaceChildren(waiting);
  place.classList.add("lw-waiting");
  try {
    const html = await (await lotwms.ask(place.dataset.url)).text();
    place.removeAttribute("role"); // a whole chart is not to be read out
    place.replaceChildren(document.createRange().createContextualFragment(html));
    place.querySelectorAll(".lw-table").forEach((table) => {
      table.dispatchEvent(new CustomEvent("lw:table", { bubbles: true }));
    });
  } catch {
    place.replaceChildren(...link);
  }
  place.classList.remove("lw-waiting");
})();
