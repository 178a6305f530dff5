/* The product form: says at once what lot tracking means for customer returns, and asks for the
   number of days only where there is a minimum. The server refuses the same, without this. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const lots = document.getElementById("id_is_lot_product");
  const action = document.getElementById("id_return_action");
  const ticked = document.getElementById("id_has_min_shelf_life");
  const days = document.getElementById("id_min_shelf_life_days");

  if (lots && action) {
    const message = document.createElement("p");
    message.className = "lw-notice";
    message.id = "restock-not-supported";
    message.setAttribute("role", "alert");
    message.hidden = true;
    const link = document.createElement("a");
    link.href = "#id_return_action";
    link.textContent = "Choose quarantine or dispose.";
    link.addEventListener("click", (event) => {
      event.preventDefault();
      action.focus();
    });
    lots.closest(".form-row").append(message);
    const check = () => {
      const conflict = lots.checked && action.value === "restock";
      action.setAttribute("aria-invalid", String(conflict));
      message.hidden = !conflict;
      if (conflict) {
        message.replaceChildren(
          "Restocking customer returns is not supported for lot products. ", link);
      }
    };
    lots.addEventListener("change", check);
    action.addEventListener("change", check);
    check();
  }

  if (ticked && days) {
    const row = days.closest(".form-row");
    const show = () => row.classList.toggle("hidden", !ticked.checked);
    ticked.addEventListener("change", () => {
      show();
      if (ticked.checked) days.focus();
    });
    show();
  }
});
