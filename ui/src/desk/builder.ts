// The condition builder: buttons and choices redraw it from the server; the JSON is told to whoever listens.
//
// In: an element [data-builder] inside a form. Out: the same element redrawn, and `slinga:condition` with the
// document in its detail. Always true: what somebody types is never replaced while they type; without this
// script the form's buttons post the whole page.
import htmx from "htmx.org";

const address = "/admin/conditions/builder";

function values(builder: HTMLElement, action = ""): FormData | null {
  const form = builder.closest("form");
  if (!form) return null;
  const found = new FormData(form);
  found.set("do", action);
  return found;
}

/** Ask for the builder as the server draws it from the fields. */
async function drawn(builder: HTMLElement, action = ""): Promise<HTMLElement | null> {
  const form = values(builder, action);
  if (!form) return null;
  const csrf = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";
  const body = new URLSearchParams([...form].filter((pair): pair is [string, string] => typeof pair[1] === "string"));
  const answer = await fetch(address, { method: "POST", body, headers: { "X-Csrf": csrf } }).catch(() => null);
  if (!answer?.ok) {
    document.dispatchEvent(new Event("htmx:sendError"));
    return null;
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-builder]");
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

/** A field was left: the sentence and the counts follow, the fields stay as they are. */
async function refresh(builder: HTMLElement): Promise<void> {
  const fresh = await drawn(builder);
  if (!fresh || !builder.isConnected) return;
  builder.dataset.condition = fresh.dataset.condition ?? "null";
  const said = fresh.querySelector(".builder-said, .builder-fault");
  if (said) builder.querySelector(".builder-said, .builder-fault")?.replaceWith(document.adoptNode(said));
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
