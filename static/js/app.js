// Everything here only improves: each page works without it.
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // "/" goes to the search, Escape and a click elsewhere close a menu.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = find("#seek");
      if (field && field.offsetParent) { event.preventDefault(); field.focus(); field.select(); }
    }
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; find("summary", menu).focus(); });
      if (event.target.id === "seek") { find("#found").replaceChildren(); }
    }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest(".seek")) {
      const stops = [find("#seek"), ...all("#found a")];
      const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
    }
  });
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) { menu.open = false; } });
    if (event.target.closest("[data-shut]")) { event.target.closest(".say").remove(); }
    const link = event.target.closest(".errors a[href^='#']");
    if (link) {
      const field = find(`[id="${CSS.escape(link.hash.slice(1))}"]`);
      if (field) { event.preventDefault(); field.focus(); }
    }
  });

  // A second click on the same form does nothing while the first is on its way.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.matches("[hx-post]")) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000); // an answer that is a file leaves the page as it is
  });
  // Signing out forgets what this tab remembers, and tells other tabs to do the same (attendance.js).
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action")?.startsWith("/accounts/logout/")) {
      document.body.dataset.left = "";
      sessionStorage.clear();
      localStorage.setItem("ankommen.left", Date.now());
    }
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

  // What is done stays for some seconds with its undo; it waits while someone is on it. A bar that scrolls shows where one is.
  const watch = (root) => {
    all("[data-vanish]", root).forEach((part) => {
      const leave = () => {
        if (part.matches(":hover") || find(":focus-visible", part)) { setTimeout(leave, 2000); } else { part.remove(); }
      };
      setTimeout(leave, 1000 * part.dataset.vanish);
      part.removeAttribute("data-vanish");
    });
    all(".scroll [aria-current]", root).forEach((here) => {
      const bar = here.closest(".scroll"), [whole, part] = [bar, here].map((box) => box.getBoundingClientRect());
      bar.scrollLeft += part.left + part.width / 2 - whole.left - whole.width / 2;
    });
    all("[data-tell]", root).forEach((part) => { find("#live").textContent = part.dataset.tell; });
  };

  // Bulk bar: how many are chosen.
  const count = () => all("[data-bulk]").forEach((bulk) => {
    const boxes = all(`input[type=checkbox][form="${bulk.id}"]`).filter((box) => box.name === "pick");
    const chosen = boxes.filter((box) => box.checked).length;
    find("[data-count]", bulk).textContent = chosen;
    const whole = find("input[name=all]", bulk);
    bulk.classList.toggle("held", chosen > 0 || Boolean(whole && whole.checked));
    all("[data-needs-choice]", bulk).forEach((button) => { button.disabled = !chosen; });
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset.pickAll !== undefined) {
      all(`input[name=pick][form="${box.getAttribute("form")}"]`).forEach((other) => { other.checked = box.checked; });
    }
    if (box.form && box.form.matches("[data-bulk]")) { count(); }
    if (box.matches("[data-submit-on-change]")) { box.form.requestSubmit(); }
  });

  // The line broke: say so in words.
  const lost = () => {
    const say = find("#lost").content.cloneNode(true);
    find("#toasts").replaceChildren(say);
  };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:responseError", lost);
  document.addEventListener("htmx:load", (event) => { watch(event.target); count(); });
  document.addEventListener("DOMContentLoaded", () => { watch(document); count(); });
})();
