// Keeps the page current without a reload: at every word of the stream the same page is asked for
// again, and what differs is put in place. What was opened, focused or scrolled stays as it is.
"use strict";
(() => {
  const root = document.body.dataset.root;
  const LOST_AFTER_MS = 45000; // three heartbeats of the stream
  const LONGEST_WAIT_MS = 30000;
  let wait = 1000, heard = Date.now(), asking = false, again = false;

  const said = new Intl.DateTimeFormat(undefined,
    { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  // The server cannot know its reader's time zone; the browser does.
  function inLocalTime(within) {
    for (const time of within.querySelectorAll("time[datetime]")) {
      time.textContent = said.format(new Date(time.dateTime));
    }
  }

  // Make `old` like `fresh`, keeping every element that is the same one.
  function become(old, fresh) {
    if (old.hasAttribute("data-keep")) return;
    for (const { name } of [...old.attributes]) {
      const opened = name === "open" && old.localName === "details";
      if (!fresh.hasAttribute(name) && !opened) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    let here = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      if (here && same(here, next)) {
        if (here.nodeType === Node.ELEMENT_NODE) become(here, next);
        else if (here.nodeValue !== next.nodeValue) here.nodeValue = next.nodeValue;
        here = here.nextSibling;
      } else {
        // Something new: if the one we hold comes later, put the new one before it.
        old.insertBefore(document.importNode(next, true), here);
        if (here && !later(here, next)) {
          const gone = here;
          here = here.nextSibling;
          gone.remove();
        }
      }
    }
    while (here) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
  }

  const name = (node) => (node.nodeType === Node.ELEMENT_NODE
    ? `${node.localName}#${node.id}#${node.getAttribute("aria-labelledby") || ""}` : node.nodeType);
  const same = (one, other) => name(one) === name(other);
  function later(node, from) {
    for (let next = from.nextSibling; next; next = next.nextSibling) {
      if (next.nodeType === Node.ELEMENT_NODE && same(node, next)) return true;
    }
    return false;
  }

  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      inLocalTime(page);
      document.title = page.title;
      become(document.body, page.body);
      heard = Date.now();
      lost();
    } catch {
      // The next word of the stream, or its return, asks again; meanwhile the page says that it is old.
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  }

  // A page that was left open must not go on saying that all is well when nobody looks any more.
  function lost() {
    const silent = Date.now() - heard > LOST_AFTER_MS;
    const line = document.querySelector(".lost");
    const text = silent
      ? `No word from isitme since ${said.format(new Date(heard))}. What you see here is old.` : "";
    if (line.textContent !== text) line.textContent = text;
    document.documentElement.classList.toggle("old", silent);
  }

  function listen() {
    const stream = new EventSource(`${root}api/v1/stream`);
    const word = () => {
      wait = 1000;
      if (!document.hidden) refresh();
    };
    stream.addEventListener("turn", word);
    stream.addEventListener("heartbeat", word);
    stream.addEventListener("error", () => {
      stream.close(); // the browser gives up for good on some errors; we never do
      setTimeout(() => { refresh(); listen(); }, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    });
    addEventListener("pagehide", () => stream.close());
  }

  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  setInterval(lost, 5000);
  inLocalTime(document);
  listen();
})();
