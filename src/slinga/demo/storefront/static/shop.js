// Reports this page to the tracking API in Segment's format. Runs only where the visitor allowed it:
// without an anonymous id on <body> nothing is sent and nothing is stored.
(function () {
  "use strict";
  var body = document.body.dataset;
  if (!body.anonymousId || !body.writeKey) return;

  var query = new URLSearchParams(location.search);
  var campaign = {};
  [["utm_source", "source"], ["utm_medium", "medium"], ["utm_campaign", "name"], ["utm_term", "term"], ["utm_content", "content"]]
    .forEach(function (pair) { if (query.get(pair[0])) campaign[pair[1]] = query.get(pair[0]); });
  var page = { url: location.href, path: location.pathname, search: location.search, referrer: document.referrer, title: document.title };
  var context = { page: page, locale: navigator.language, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, userAgent: navigator.userAgent };
  if (Object.keys(campaign).length) context.campaign = campaign;

  function id() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return "shop-" + Array.from(bytes, function (b) { return b.toString(16).padStart(2, "0"); }).join("");
  }
  function call(fields) {
    return Object.assign({ messageId: id(), anonymousId: body.anonymousId, timestamp: new Date().toISOString(), context: context }, fields);
  }

  var batch = [call({ type: "page", name: body.page, properties: page })];
  document.querySelectorAll("[data-event]").forEach(function (mark) {
    batch.push(call({ type: "track", event: mark.dataset.event, properties: JSON.parse(mark.dataset.properties || "{}") }));
  });
  fetch(body.endpoint, {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", Authorization: "Basic " + btoa(body.writeKey + ":") },
    body: JSON.stringify({ batch: batch, sentAt: new Date().toISOString() })
  }).catch(function () { /* A page view that cannot be reported is lost; the shop goes on. */ });
})();
