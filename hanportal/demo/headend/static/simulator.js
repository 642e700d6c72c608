// Fetches what changed every second, and lets new rows and changed ports light up.
"use strict";

const live = document.getElementById("live");
const query = new URLSearchParams(location.search).get("q") || "";
const PAUSE = 1000;

function rowsOf(root) {
  return new Set(Array.from(root.querySelectorAll("tbody tr, .tally li"), (row) => row.textContent));
}

function keepPlaces(from, to) {
  const before = Array.from(from.querySelectorAll(".wide"), (box) => [box.getAttribute("aria-label"), box.scrollTop, box.scrollLeft]);
  return () => {
    for (const [label, top, left] of before) {
      const box = to.querySelector(`.wide[aria-label="${label}"]`);
      if (box) {
        box.scrollTop = top;
        box.scrollLeft = left;
      }
    }
  };
}

async function look() {
  const hasFocus = live.contains(document.activeElement);
  if (!document.hidden && !hasFocus) {
    const answer = await fetch(`/live?q=${encodeURIComponent(query)}`);
    if (answer.ok) {
      const known = rowsOf(live);
      const restore = keepPlaces(live, live);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const row of page.querySelectorAll("tbody tr, .tally li")) {
        const isFlow = row.querySelector("meter") !== null;
        if (!isFlow && !known.has(row.textContent)) {
          row.classList.add("new");
        }
      }
      live.replaceChildren(...page.body.childNodes);
      restore();
    }
  }
}

async function watch() {
  try {
    await look();
    document.body.classList.remove("gone");
  } catch {
    document.body.classList.add("gone");
  }
  setTimeout(watch, PAUSE);
}

setTimeout(watch, PAUSE);
