/* The dock: what is scanned is kept on this device until the server has it, and sent in order.
   What it means is decided over there; this only reads the field, shows the answer and beeps.
   Without this script each scan sends the page. */
"use strict";

(() => {
  const EVERY_MS = 3000;
  const AGAIN_MS = 2000;
  const GS = "\u001d"; // the separator of GS1 codes
  const OFFERS = { lot: "It is a lot number", sure: "It is right as read" };
  /* What the server cannot take will not be taken next time either: it must not block the rest. */
  const UNFIT = { outcome: "refused", word: "Not counted", told: "The server cannot read this scan: scan again." };
  const TONES = { counted: [880], noted: [660], differs: [660, 520], refused: [220, 180, 220] };

  const page = document.getElementById("scan");
  if (!page) return;
  const form = document.getElementById("scan-form");
  const field = form.elements.namedItem("text");
  const quantity = form.elements.namedItem("quantity");
  const damaged = form.elements.namedItem("damaged");
  const board = document.getElementById("scan-board");
  const result = document.getElementById("scan-result");
  const offline = document.getElementById("scan-offline");
  const offer = document.getElementById("scan-offer");
  const missed = document.getElementById("scan-missed");
  const sound = document.getElementById("scan-sound");

  /* The queue: one entry for each scan, so that two pages of one person lose nothing. ------------ */

  const prefix = `lotwms-scan:${page.dataset.queue}:`;
  const lastly = {}; // where a browser keeps nothing, at least this page does
  let store = lastly;
  try {
    localStorage.setItem(`${prefix}probe`, "");
    localStorage.removeItem(`${prefix}probe`);
    store = localStorage;
  } catch { /* it keeps nothing */ }

  const queue = () => Object.keys(store).filter((name) => name.startsWith(prefix)).sort();

  function keep(item) {
    const names = queue();
    const last = names.length ? Number(names[names.length - 1].slice(prefix.length)) : 0;
    store[`${prefix}${String(Math.max(Date.now(), last + 1)).padStart(16, "0")}`] =
      JSON.stringify(item);
  }

  /* randomUUID is not there over plain HTTP, which is what many a dock has. */
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /* Sending ------------------------------------------------------------------------------------- */

  class LoggedOut extends Error {}

  async function ask(address, options = {}) {
    const headers = { Accept: "application/json" };
    const answer = await fetch(address, {
      credentials: "same-origin", redirect: "manual", headers, ...options,
    });
    if (answer.type === "opaqueredirect" || answer.status === 403) throw new LoggedOut();
    if (answer.status === 400 || answer.status === 413) return { ...UNFIT };
    if (!answer.ok) throw new Error(`No answer: ${answer.status}`);
    return answer.json();
  }

  function post(item) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
    Object.entries(item).forEach(([name, value]) => body.set(name, value));
    return ask(form.action, { method: "POST", body });
  }

  let cut = false; // whether the last thing that was asked got no answer
  let sending = false;
  let timer = 0;

  async function pump() {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    const late = queue().length > 1 || !offline.hidden;
    try {
      for (let names = queue(); names.length; names = queue()) {
        const item = JSON.parse(store[names[0]]);
        const answer = await post(item);
        delete store[names[0]];
        show(answer, late);
      }
      tell("");
    } catch (error) {
      trouble(error);
      timer = setTimeout(pump, AGAIN_MS);
    } finally {
      sending = false;
    }
  }

  function trouble(error) {
    cut = !(error instanceof LoggedOut);
    const count = queue().length;
    const kept = count ? ` ${count === 1 ? "1 scan is" : `${count} scans are`} kept on this device` +
      " and will be sent in order." : "";
    tell(error instanceof LoggedOut
      ? `You are logged out: reload this page and log in again.${kept}`
      : `No connection. Scan on, and leave this page open: it cannot be opened again before there is one.${kept}`);
  }

  function tell(text) {
    cut = cut && Boolean(text);
    offline.hidden = !text;
    if (offline.textContent !== text) offline.textContent = text;
  }

  /* Showing ------------------------------------------------------------------------------------- */

  function show(answer, late) {
    say(answer.outcome, answer.word, answer.told);
    offer.hidden = !answer.offers;
    offer.textContent = OFFERS[answer.offers] || "";
    offer.value = answer.offers || "";
    offer.dataset.text = answer.text || "";
    if (late && answer.outcome === "refused") {
      const line = document.createElement("li");
      line.textContent = `${answer.text || ""}: ${answer.told}`;
      missed.querySelector("ul").append(line);
      missed.hidden = false;
    }
    beep(answer.outcome);
    refresh(answer);
  }

  function say(outcome, word, told) {
    result.className = `lw-scan-result lw-scan-result--${outcome}`;
    result.querySelector("[data-word]").textContent = word;
    result.querySelector("[data-told]").textContent = told;
  }

  function refresh(answer) {
    if (answer.board === undefined) return;
    page.dataset.version = answer.version;
    const within = board.contains(document.activeElement);
    board.innerHTML = answer.board;
    board.querySelectorAll("table").forEach((table) => {
      table.dispatchEvent(new Event("lw:table", { bubbles: true }));
    });
    if (within) field.focus();
  }

  /* What others count appears, too. */
  async function look() {
    if (!document.hidden && !sending) {
      try {
        const version = encodeURIComponent(page.dataset.version);
        const answer = await ask(`${page.dataset.board}?version=${version}`);
        if (!sending && !queue().length) refresh(answer);
        if (queue().length) pump();
        else tell("");
      } catch (error) {
        trouble(error);
      }
    }
    setTimeout(look, EVERY_MS);
  }

  let speaker = null;
  function beep(outcome) {
    if (sound.getAttribute("aria-pressed") !== "true" || !window.AudioContext) return;
    if (!navigator.userActivation || !navigator.userActivation.hasBeenActive) return;
    speaker = speaker || new AudioContext();
    (TONES[outcome] || []).forEach((frequency, place) => {
      const tone = speaker.createOscillator();
      const start = speaker.currentTime + place * 0.16;
      tone.type = outcome === "refused" ? "square" : "sine";
      tone.frequency.value = frequency;
      tone.connect(speaker.destination);
      tone.start(start);
      tone.stop(start + (outcome === "refused" ? 0.14 : 0.08));
    });
  }

  /* Reading ------------------------------------------------------------------------------------- */

  function scan(verb, text) {
    const item = { key: newKey(), do: verb, text };
    if (verb !== "undo") {
      item.quantity = quantity.value.trim();
      for (const name of ["lot_number", "expires_on"]) {
        item[name] = form.elements.namedItem(name).value;
        form.elements.namedItem(name).value = "";
      }
      if (damaged.checked) item.damaged = "1";
      quantity.value = "";
      damaged.checked = false;
      /* A scanner that ends with two Enters has scanned once. */
      const parts = [text, item.quantity, item.lot_number, item.expires_on, item.damaged];
      if (verb === "scan" && !parts.some(Boolean)) return;
    }
    keep(item);
    say("waiting", "Sent", text || "…");
    pump();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    const tapped = button && button.dataset.text;
    const verb = (button && button.value) || "scan";
    const text = tapped || (verb === "scan" || verb === "unreadable" ? field.value : "");
    if (!tapped && verb !== "undo") field.value = "";
    scan(tapped ? "scan" : verb, verb === "unreadable" ? "" : text);
    field.focus();
  });
  offer.addEventListener("click", () => {
    offer.hidden = true;
    scan(offer.value, offer.dataset.text);
    field.focus();
  });

  /* Wherever the focus is, what a scanner types goes into the field; GS comes as Ctrl+] or F8. */
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (!target.matches("input, select, textarea, summary") && event.key.length === 1 &&
        event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey) field.focus();
    if (target !== field) return;
    if ((event.ctrlKey && event.key === "]") || event.key === "F8") {
      event.preventDefault();
      field.setRangeText(GS, field.selectionStart, field.selectionEnd, "end");
    } else if (event.key === "Escape") field.value = "";
  });
  quantity.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || field.value) return;
    event.preventDefault(); // on to the scan that the units are for
    field.focus();
  });

  /* A count is done only when everything that was scanned has arrived. */
  board.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-done]") || (!queue().length && !sending)) return;
    event.preventDefault();
    const count = queue().length || 1;
    const what = count === 1 ? "1 scan is" : `${count} scans are`;
    say("refused", "Wait", `${what} not sent yet: press again when there is a connection.`);
    pump();
  });

  missed.querySelector("button").addEventListener("click", () => {
    missed.hidden = true;
    missed.querySelector("ul").replaceChildren();
    field.focus();
  });

  function toggle(button, act) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(pressed));
      act(pressed);
      field.focus();
    });
  }
  toggle(sound, () => {});
  if (window.matchMedia("(pointer: coarse)").matches) {
    field.inputMode = "none"; // a scanner types; the screen's keyboard comes when it is asked for
    toggle(document.getElementById("scan-keyboard"), (pressed) => {
      field.inputMode = pressed ? "text" : "none";
      field.blur();
    });
  }

  if (page.dataset.first) {
    const first = page.dataset.first;
    history.replaceState(null, "", location.pathname);
    scan("scan", first);
  }
  window.addEventListener("online", pump);
  window.addEventListener("beforeunload", (event) => {
    if (cut) event.preventDefault(); // the browser asks: there would be no way back
  });
  field.focus();
  pump();
  setTimeout(look, EVERY_MS);
})();
