// Sends calls in batches, again and again until they were taken.
//
// In: calls. Out: requests. Always true: at most one request is under way; what was not taken lies in the
// browser's storage; leaving the page hands everything to a beacon.
import type { Keeper } from "./keeper";
import type { Call } from "./calls";

const SOON_MS = 250;
const MOST = 50;
const BEACON_BYTES = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export class Sender {
  private calls: Call[] = [];
  private timer = 0;
  private busy = false;
  private wait = FIRST_WAIT_MS;
  private round = 0; // what was under way before a `drop` must not come back

  constructor(private readonly url: string, private readonly key: string, private readonly keeper: Keeper) {
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.leave());
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => this.calls.length && this.soon(0));
  }

  add(call: Call): void {
    this.calls.push(call);
    this.keeper.keepQueue(this.calls);
    if (!this.busy) this.soon(this.calls.length >= MOST ? 0 : SOON_MS);
  }

  /** Go on with what an earlier page left; before anything is added. */
  resume(): void {
    this.calls = this.keeper.queue();
    if (this.calls.length) this.soon(SOON_MS);
  }

  drop(): void {
    this.round += 1;
    this.calls = [];
    clearTimeout(this.timer);
    this.timer = 0;
  }

  flush(): void {
    if (this.calls.length) this.soon(0);
  }

  private soon(wait: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), wait);
  }

  private body(batch: Call[]): string {
    return JSON.stringify({ writeKey: this.key, batch, sentAt: new Date().toISOString() });
  }

  private async send(): Promise<void> {
    if (this.busy || !this.calls.length) return;
    this.busy = true;
    const batch = this.calls.slice(0, MOST);
    const round = this.round;
    let again = false;
    try {
      // A plain text needs no question beforehand across origins.
      const answer = await fetch(this.url, { method: "POST", body: this.body(batch), headers: { "Content-Type": "text/plain" }, credentials: "omit", keepalive: true });
      again = answer.status === 429 || answer.status >= 500;
    } catch {
      again = true;
    }
    this.busy = false;
    if (round !== this.round) return;
    if (again) {
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
      this.soon(this.wait * (0.5 + Math.random() / 2));
      return;
    }
    this.wait = FIRST_WAIT_MS;
    const sent = new Set(batch.map((one) => one.messageId));
    this.calls = this.calls.filter((one) => !sent.has(one.messageId));
    this.keeper.keepQueue(this.calls);
    if (this.calls.length) this.soon(0);
  }

  /** Hand over to the browser, which sends it after the page has gone. The same again later counts once. */
  private leave(): void {
    let batch = this.calls.slice(0, MOST);
    while (batch.length && this.body(batch).length > BEACON_BYTES) batch = batch.slice(0, batch.length >> 1);
    if (batch.length && navigator.sendBeacon(this.url, new Blob([this.body(batch)], { type: "text/plain" }))) {
      const sent = new Set(batch.map((one) => one.messageId));
      this.calls = this.calls.filter((one) => !sent.has(one.messageId));
      this.keeper.keepQueue(this.calls);
    }
  }
}
