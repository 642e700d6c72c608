/* The customer centre's keyboard and clock. The pages work without it. */
"use strict";

const search = document.querySelector("[data-console-search]");

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const wanted =
    (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) ||
    (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
  if (wanted && search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

/* The words come from the page, so that they are written in one place. */
for (const clock of document.querySelectorAll("[data-expires-at]")) {
  const expires = Date.parse(clock.dataset.expiresAt);
  const tick = () => {
    const minutes = Math.ceil((expires - Date.now()) / 60000);
    const words =
      minutes > 1 ? clock.dataset.several.replace("{n}", minutes)
      : minutes === 1 ? clock.dataset.one
      : clock.dataset.over;
    if (clock.textContent !== words) clock.textContent = words;
    if (minutes > 0) setTimeout(tick, 5000);
  };
  tick();
}
