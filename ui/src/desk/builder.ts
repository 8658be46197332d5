// The condition builder: buttons and choices redraw it from the server; the JSON is told to whoever listens.
//
// In: an element [data-builder] inside a form, or `slinga:build` at a place in a form, with the builder's root
// and a condition in its detail. Out: the element redrawn or put there, and `slinga:condition` with the setting
// in its detail. Always true: what somebody types is never replaced while they type; without this script the
// form's buttons post the whole page.
import htmx from "htmx.org";

const address = "/admin/conditions/builder";

/** Ask for the builder as the server draws it. */
async function fetched(given: [string, string][]): Promise<HTMLElement | null> {
  const csrf = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(given), headers: { "X-Csrf": csrf } }).catch(() => null);
  if (!answer?.ok) {
    document.dispatchEvent(new Event("htmx:sendError"));
    return null;
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-builder]");
}

/** The builder of the fields as they stand now, after a button. */
async function drawn(builder: HTMLElement, action = ""): Promise<HTMLElement | null> {
  const form = builder.closest("form");
  if (!form) return null;
  const own = `${builder.dataset.builder}.`;
  const given = [...new FormData(form)].filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[0].startsWith(own));
  if (builder.dataset.run !== undefined) given.push(["run", "1"]);
  return fetched([...given, ["root", builder.dataset.builder ?? ""], ["do", action]]);
}

function tell(builder: HTMLElement): void {
  const detail = JSON.parse(builder.dataset.condition ?? "null") as unknown;
  builder.dispatchEvent(new CustomEvent("slinga:condition", { bubbles: true, detail }));
}

/** Another choice or a button: other fields come, so the whole is replaced and the focus kept. */
async function redraw(builder: HTMLElement, action = ""): Promise<void> {
  builder.setAttribute("aria-busy", "true");
  const fresh = await drawn(builder, action);
  builder.removeAttribute("aria-busy");
  if (!fresh) return;
  const focused = document.activeElement?.id ?? "";
  const adopted = document.adoptNode(fresh);
  builder.replaceWith(adopted);
  htmx.process(adopted);
  const again = focused ? document.getElementById(focused) : null;
  if (again) again.focus();
  else if (action.startsWith("add:")) [...adopted.querySelectorAll<HTMLElement>(".condition select")].pop()?.focus();
  tell(adopted);
}

/** How often a builder was asked about. */
const asked = new WeakMap<HTMLElement, number>();

/** A field was left: the sentence and the counts follow, the fields stay as they are. */
async function refresh(builder: HTMLElement): Promise<void> {
  const turn = (asked.get(builder) ?? 0) + 1;
  asked.set(builder, turn);
  const fresh = await drawn(builder);
  // An answer that comes after a later question's knows less.
  if (!fresh || asked.get(builder) !== turn) return;
  builder.dataset.condition = fresh.dataset.condition ?? "null";
  const told = fresh.querySelector(".builder-told");
  if (told) builder.querySelector(".builder-told")?.replaceWith(document.adoptNode(told));
  const folded = fresh.querySelectorAll(".folded > summary");
  builder.querySelectorAll(".folded > summary").forEach((summary, n) => { summary.textContent = folded[n]?.textContent ?? ""; });
  for (const size of builder.querySelectorAll(".size")) htmx.trigger(size, "refresh", {});
  tell(builder);
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-builder] button[name=do]");
  const builder = button?.closest<HTMLElement>("[data-builder]");
  if (!button || !builder) return;
  event.preventDefault();
  void redraw(builder, button.value);
});

document.addEventListener("change", (event) => {
  const field = event.target as HTMLElement;
  const builder = field.closest<HTMLElement>("[data-builder]");
  if (builder) void (field.matches("[data-redraws]") ? redraw(builder) : refresh(builder));
});

document.addEventListener("slinga:build", (event) => {
  const place = event.target as HTMLElement;
  const { root, condition } = (event as CustomEvent<{ root: string; condition: unknown }>).detail;
  const given = JSON.stringify(condition);
  // Of two that are asked for one after the other, the later one stays.
  place.dataset.wanted = given;
  void fetched([["root", root], ["condition", given], ["run", "1"]]).then((fresh) => {
    if (!fresh || place.dataset.wanted !== given) return;
    place.replaceChildren(document.adoptNode(fresh));
    htmx.process(fresh);
  });
});
