// The service worker of the lists that open without a line. It keeps one page without any name, and the files that page needs; never a list.
// Its scope is the folder it lies in, and the page lies there too: no other page of the house passes through it.
const page = new URL("offline/", self.registration.scope);
const soon = (request) => Promise.race([fetch(request), new Promise((_done, fail) => { setTimeout(() => fail(new Error("slow")), 8000); })]);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) { return; }
  if (request.mode === "navigate") {
    event.respondWith(soon(request).catch(async () => (await caches.match(page, { ignoreSearch: true })) || Response.error()));
  } else if (["style", "script", "image"].includes(request.destination)) {
    event.respondWith(soon(request).catch(async () => (await caches.match(request)) || Response.error()));
  }
});
