// What every page of the desk loads: htmx, and the few behaviours that plain HTML has not.
//
// In: attributes on elements. Out: changes of the page.
// Always true: each page works without this script; nothing is evaluated and no style is written into markup.
import htmx from "htmx.org";
import "./builder";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;

const root = document.documentElement;

/** `data-theme-to="dark|light|auto"`: remembered by this browser. */
function paint(): void {
  const wanted = localStorage.getItem("slinga-theme") ?? "auto";
  const dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
}
paint();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

function closeMenus(but?: Element | null): void {
  for (const open of document.querySelectorAll("details.menu[open]")) if (open !== but) open.removeAttribute("open");
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  closeMenus(target.closest("details.menu"));
  const theme = target.closest<HTMLElement>("[data-theme-to]");
  if (theme) {
    localStorage.setItem("slinga-theme", theme.dataset.themeTo ?? "auto");
    paint();
  }
  // `data-open="id"` opens a <dialog>, `data-close` closes the one it stands in.
  const opener = target.closest<HTMLElement>("[data-open]");
  if (opener) (document.getElementById(opener.dataset.open ?? "") as HTMLDialogElement | null)?.showModal();
  if (target.closest("[data-close]")) target.closest("dialog")?.close();
  // `data-copy="id"` copies that element's text and says so.
  const copier = target.closest<HTMLElement>("[data-copy]");
  if (copier) {
    const text = document.getElementById(copier.dataset.copy ?? "")?.textContent ?? "";
    void navigator.clipboard.writeText(text.trim()).then(() => tell(copier.dataset.copied ?? "Copied"));
  }
  // `data-insert="text"` puts text where the cursor stands in the field `data-into`.
  const inserter = target.closest<HTMLElement>("[data-insert]");
  const field = document.getElementById(inserter?.dataset.into ?? "");
  if (inserter && field instanceof HTMLTextAreaElement) {
    field.setRangeText(inserter.dataset.insert ?? "", field.selectionStart, field.selectionEnd, "end");
    field.focus();
  }
  // `data-nav` shows and hides the sections on a narrow screen.
  const nav = target.closest<HTMLElement>("[data-nav]");
  if (nav) nav.setAttribute("aria-expanded", String(root.classList.toggle("nav-open")));
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
  const typing = (event.target as Element).closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector<HTMLInputElement>("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// `data-confirm="question"` on a form or button asks before it acts.
document.addEventListener("submit", (event) => {
  const button = (event as SubmitEvent).submitter;
  const question = button?.getAttribute("data-confirm") ?? (event.target as Element).getAttribute("data-confirm");
  if (question && !confirm(question)) event.preventDefault();
}, true);

// `data-submit` on a select or checkbox sends its form when it changes.
document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement;
  if (field.matches("[data-submit]")) field.form?.requestSubmit();
});

/** A short message that goes away by itself; read out by screen readers. */
function tell(text: string): void {
  const place = document.getElementById("said");
  if (!place) return;
  place.textContent = text;
  place.classList.add("shown");
  setTimeout(() => place.classList.remove("shown"), 4000);
}
document.addEventListener("slinga:say", (event) => tell(String((event as CustomEvent).detail)));

// A part that could not be fetched says so instead of staying as it was in silence.
document.addEventListener("htmx:responseError", () => tell(root.dataset.fault ?? "That did not work. Reload the page and try again."));
document.addEventListener("htmx:sendError", () => tell(root.dataset.offline ?? "Slinga does not answer. Try again in a moment."));

// What refreshes itself (`data-live`) rests while nobody looks.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && (event.target as Element).closest("[data-live]")) event.preventDefault();
});

// `data-width` and `data-left` give a bar its size in percent: markup may carry no style.
function size(within: ParentNode): void {
  for (const bar of within.querySelectorAll<HTMLElement>("[data-width]")) bar.style.width = `${bar.dataset.width}%`;
  for (const bar of within.querySelectorAll<HTMLElement>("[data-left]")) bar.style.left = `${bar.dataset.left}%`;
}
size(document);
document.addEventListener("htmx:afterSwap", (event) => size((event.target as Element).parentNode ?? document));

// `data-polls` on what refreshes itself: nothing is asked while nobody looks.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && (event.target as Element).matches("[data-polls]")) event.preventDefault();
});
