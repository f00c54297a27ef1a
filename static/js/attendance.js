// The list of who is here (at an event, or on election day), with a bad line: ticks are kept on the device and sent when there is one. Without this file each tick is a plain POST.
//
// What stays where: ticks wait in localStorage as numbers (registration or shift, yes or no, moment), until they are sent. The list with its names stands in
// sessionStorage alone: it ends with the tab and with signing out. The service worker keeps a page without names.
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const LEFT = "ankommen.left";  // written on signing out, so that other tabs forget too
  const OLDEST = 14 * 24 * 3600 * 1000;
  const memory = `attendance:${location.pathname}`;

  // The page for when there is no line: show what this tab remembers of the list.
  if (find("#no-line")) {
    const list = sessionStorage.getItem(memory);
    if (!list) { return; }
    find("#content").innerHTML = list;
    document.body.classList.add("without-line");
  }
  const root = find("#attendance");
  if (!root || !find("#ticks")) { return; }
  const form = find("#ticks");
  const words = root.dataset;
  const store = `ankommen.ticks.${words.user}.${words.date}`;
  const row = (pk) => document.getElementById(`r${pk}`);

  // --- ticks that wait ---
  const waiting = () => JSON.parse(localStorage.getItem(store) || "[]");
  const keep = (ticks) => { if (ticks.length) { localStorage.setItem(store, JSON.stringify(ticks)); } else { localStorage.removeItem(store); } };
  const forgetOld = () => Object.keys(localStorage).filter((key) => key.startsWith("ankommen.ticks.")).forEach((key) => {
    const young = JSON.parse(localStorage.getItem(key)).filter((tick) => Date.now() - tick.at < OLDEST);
    if (!young.length) { localStorage.removeItem(key); }
  });

  const show = (pk, present) => {
    const line = row(pk);
    if (!line) { return; }
    const was = line.classList.contains("here");
    line.classList.toggle("here", present);
    line.classList.remove("unsure");
    find(".against", line)?.remove();
    const button = find(".tick", line);
    button.setAttribute("aria-pressed", String(present));
    button.value = `${pk}-${present ? 0 : 1}`;
    if (was !== present) { find("#there").textContent = Number(find("#there").textContent) + (present ? 1 : -1); }
  };
  const remember = () => { if (words.whole !== undefined && document.body.dataset.left === undefined) { sessionStorage.setItem(memory, find("#content").innerHTML); } };
  const mark = () => {
    const pending = new Set(waiting().map((tick) => `r${tick.registration}`));
    document.querySelectorAll(".ticks > li").forEach((line) => line.classList.toggle("pending", pending.has(line.id)));
  };
  const tell = (state = "") => {
    const line = find("#line");
    const count = waiting().length;
    line.hidden = false;
    line.className = `line ${state === "out" || state === "gone" ? "late" : count ? "amber" : "ok"}`;
    const parts = [];
    if (count) { parts.push(`${words.waiting} ${count}.`); }
    if (state === "out" || state === "gone") { parts.push(words[state]); } else { parts.push(count ? words.lost : words.saved); }
    const text = parts.join(" ");
    if (line.textContent !== text) { line.textContent = text; }
    mark();
  };

  // --- sending ---
  let sending = false;
  let stopped = "";
  const replace = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const rows = [...holder.content.children];
    rows.forEach((fresh) => {
      const old = document.getElementById(fresh.id);
      const focused = old?.contains(document.activeElement);
      if (old) { old.replaceWith(fresh); } else { find("#people")?.append(fresh); }
      if (focused) { find(".tick", fresh).focus(); }
    });
    return new Set(rows.map((fresh) => fresh.id));
  };
  // What was ticked while the answer was on its way counts on top of what the answer says: back to before it, then once more.
  const again = (replaced) => {
    const seen = new Set(replaced);
    waiting().forEach((tick) => {
      const line = row(tick.registration);
      if (line && !seen.has(line.id)) { line.classList.toggle("here", !tick.present); seen.add(line.id); }
    });
    waiting().forEach((tick) => show(tick.registration, tick.present));
  };
  const send = async () => {
    if (sending || stopped) { return; }
    sending = true;
    let answered = false;
    const batch = waiting().slice(0, 500);
    try {
      const ticks = batch.map((tick) => ({ key: tick.key, registration: tick.registration, present: tick.present, seen: tick.seen, ago: Math.max(0, Date.now() - tick.at) }));
      const answer = await fetch(words.send, {
        method: "POST", redirect: "manual", signal: AbortSignal.timeout(15000),
        headers: { "Content-Type": "application/json", "X-CSRFToken": find("[name=csrfmiddlewaretoken]", form).value },
        body: JSON.stringify({ seen: Number(words.seen), ticks }),
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) { stopped = "out"; } else if (answer.status === 404) { stopped = "gone"; }
      if (answer.ok) {
        const told = await answer.json();
        const kept = new Set(told.kept);
        answered = true;
        keep(waiting().filter((tick) => !kept.has(tick.key)));
        root.dataset.seen = told.seen;
        find("[name=seen]", form).value = told.seen;
        const replaced = replace(told.rows);
        find("#there").textContent = told.there;
        find("#expected").textContent = told.expected;
        again(replaced);
        narrow();
        remember();
      }
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) { throw error; }  // no line: they wait
    } finally {
      sending = false;
      tell(stopped);
    }
    const asked = new Set(batch.map((tick) => tick.key));
    if (answered && waiting().some((tick) => !asked.has(tick.key))) { send(); }  // what was ticked meanwhile; after a failure it waits
  };

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button.name !== "tick") { return; }
    event.preventDefault();
    const [registration, present] = button.value.split("-").map(Number);
    keep([...waiting(), { key: crypto.randomUUID(), registration, present: present === 1, at: Date.now(), seen: Number(words.seen) }]);
    show(registration, present === 1);
    tell(stopped);
    remember();
    send();
  });

  // --- searching a name, spelled as people do ---
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").replace(/([aou])e+/g, "$1").trim();
  const field = find("#find");
  function narrow() {
    const asked = fold(field.value);
    document.querySelectorAll(".ticks > li").forEach((line) => { line.hidden = !line.dataset.folded.includes(asked); });
    if (asked) { document.querySelectorAll("details.others").forEach((part) => { part.open = true; }); }
  }
  if (words.whole !== undefined) {
    field.value = "";
    field.addEventListener("input", narrow);
    field.form.addEventListener("submit", (event) => event.preventDefault());
    find("button", field.form).hidden = true;
  }

  // --- beginning ---
  forgetOld();
  waiting().forEach((tick) => show(tick.registration, tick.present));
  remember();
  tell();
  send();
  window.addEventListener("online", send);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { send(); } });
  setInterval(() => { if (!document.hidden) { send(); } }, 20000);
  window.addEventListener("storage", (event) => {
    if (event.key === LEFT) { sessionStorage.clear(); location.reload(); }
  });

  // Keep the page without names and its files for when there is no line. Asked for without cookies, so that nothing of anybody is in it.
  const prepare = async () => {
    await navigator.serviceWorker.register(words.worker, { scope: words.scope });
    const cache = await caches.open(words.scope.replaceAll("/", ""));
    const files = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((file) => file.href || file.src);
    const wanted = [new URL(words.offline, location).href, ...files];
    await cache.addAll(wanted.map((url) => new Request(url, { credentials: "omit" })));
    (await cache.keys()).filter((request) => !wanted.includes(request.url)).forEach((request) => cache.delete(request));
  };
  if ("serviceWorker" in navigator && window.isSecureContext && !document.body.classList.contains("without-line")) { prepare().catch(() => {}); }
})();
