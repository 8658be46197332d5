// Tells the site snippet what this page is and what happened on it. The snippet asks first: without the visitor's
// yes it keeps these calls in memory, sends nothing and stores nothing.
(function () {
  "use strict";
  var queue = (window.slinga = window.slinga || []);
  ["page", "track", "consent"].forEach(function (method) {
    queue[method] = queue[method] || function () { queue.push([method].concat([].slice.call(arguments))); };
  });
  if (document.body.dataset.answer === "no") window.slinga.consent(false);
  window.slinga.page(document.body.dataset.page);
  document.querySelectorAll("[data-event]").forEach(function (mark) {
    window.slinga.track(mark.dataset.event, JSON.parse(mark.dataset.properties || "{}"));
  });
})();
