// The site snippet: Segment's calls from a page, with consent first.
//
// In: calls on `window.slinga`, queued before this file has loaded; the attributes of its own <script>.
// Out: batches to /v1/batch. Always true: before consent nothing is stored and no request is made; after a no
// everything is wiped; a call is sent again until it was taken, under one messageId, so it counts once.
//
// Attributes: data-key (the write key), data-host (where to send; else where this file came from),
// data-signals="ignore" (else Do Not Track and Global Privacy Control count as a no), data-consent="given"
// (for sites that load this file only after a yes), data-page (reports the page view by itself),
// data-anonymous-id (the site's own id of this visitor, so that its server can name the same).
import { Keeper } from "./keeper";
import { Sender } from "./sender";
import { context, fresh, type Call, type Fields, type Traits } from "./calls";

type Queue = unknown[][];

function start(): void {
  const tag = document.currentScript as HTMLScriptElement | null;
  const waiting = (window as { slinga?: Queue | { version: number } }).slinga;
  if (!tag || (waiting && !Array.isArray(waiting))) return; // it is on the page twice
  const key = tag.dataset.key ?? "";
  const host = (tag.dataset.host ?? new URL(tag.src, location.href).origin).replace(/\/$/, "");
  const signals = tag.dataset.signals !== "ignore" && (navigator.doNotTrack === "1" || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true);

  const keeper = new Keeper(tag.dataset.anonymousId);
  const sender = new Sender(`${host}/v1/batch`, key, keeper);
  let held: Call[] = []; // calls of this page while nobody has said yes or no
  let allowed: boolean | undefined = signals ? false : keeper.allowed() || tag.dataset.consent === "given" ? true : undefined;
  const ready: (() => void)[] = [];

  function give(call: Call): void {
    if (allowed === undefined) {
      if (held.length < 100) held.push(call);
    } else if (allowed) sender.add(keeper.named(call));
  }

  function call(type: Call["type"], fields: Fields): void {
    give({ type, messageId: fresh(), timestamp: new Date().toISOString(), context: context(), ...fields });
  }

  const api = {
    version: 1,
    /** page([category], [name], [properties]) */
    page(...given: unknown[]): void {
      const words = given.filter((one): one is string => typeof one === "string");
      const properties = given.find((one): one is Traits => typeof one === "object" && one !== null) ?? {};
      const name = words[words.length - 1];
      const category = words.length > 1 ? words[0] : undefined;
      call("page", { name, category, properties: { ...context().page, ...properties } });
    },
    track(event: string, properties: Traits = {}): void {
      call("track", { event, properties });
    },
    /** identify([userId], [traits]) */
    identify(user?: string | number | Traits, traits?: Traits): void {
      const named = typeof user === "string" || typeof user === "number";
      call("identify", { userId: named ? String(user) : undefined, traits: (named ? traits : (user as Traits)) ?? {} });
    },
    group(groupId: string, traits: Traits = {}): void {
      call("group", { groupId, traits });
    },
    alias(userId: string, previousId?: string): void {
      call("alias", { userId, previousId });
    },
    /** Somebody else uses this browser now: forget who it was. The consent stays. */
    reset(): void {
      held = [];
      if (allowed) {
        sender.flush();
        keeper.reset();
      }
    },
    /**
     * The visitor's answer. A yes sends what this page has held; a no wipes everything. What the visitor read,
     * as { wording, wording_id }, is kept with a yes as the event Consent Given.
     */
    consent(yes: boolean, read?: Traits): void {
      allowed = yes && !signals;
      if (allowed) {
        keeper.allow();
        if (read) call("track", { event: "Consent Given", properties: { channel: "web", page_url: location.href.split("#")[0], ...read } });
        for (const one of held) sender.add(keeper.named(one));
      } else {
        sender.drop();
        keeper.wipe();
      }
      held = [];
    },
    ready(then: () => void): void {
      ready.push(then);
      then();
    },
  };
  (window as { slinga?: unknown }).slinga = api;
  if (allowed) {
    keeper.allow();
    sender.resume();
  } else if (allowed === false) keeper.wipe();
  for (const [method, ...given] of waiting ?? [])
    (api as unknown as Record<string, (...given: unknown[]) => void>)[String(method)]?.(...given);
  if ("page" in tag.dataset) api.page();
}

start();
