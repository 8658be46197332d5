// What a call looks like, and what every call says about the page.
//
// In: the page. Out: plain values. Always true: nothing is stored and nothing is sent here.
export type Traits = Record<string, unknown>;

export interface Fields {
  event?: string;
  name?: string;
  category?: string;
  properties?: Traits;
  traits?: Traits;
  userId?: string;
  groupId?: string;
  previousId?: string;
}

export interface Call extends Fields {
  type: "page" | "track" | "identify" | "group" | "alias";
  messageId: string;
  timestamp: string;
  anonymousId?: string;
  context: Traits;
}

/** An id that nobody else makes. */
export function fresh(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}

const CAMPAIGN = [["utm_source", "source"], ["utm_medium", "medium"], ["utm_campaign", "name"], ["utm_term", "term"], ["utm_content", "content"]] as const;

/** The page, where it was come from, the campaign, the language and the zone. */
export function context(): Traits & { page: Traits } {
  const asked = new URLSearchParams(location.search);
  const campaign: Traits = {};
  for (const [from, to] of CAMPAIGN) if (asked.get(from)) campaign[to] = asked.get(from);
  return {
    library: { name: "slinga.js", version: "1" },
    page: { url: location.href, path: location.pathname, search: location.search, referrer: document.referrer, title: document.title },
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: navigator.userAgent,
    ...(Object.keys(campaign).length ? { campaign } : {}),
  };
}
