// What this browser remembers, once it may: who it is, and calls that were not taken yet.
//
// In: a yes, calls. Out: ids on calls. Always true: nothing is read into a call and nothing is written before
// `allow`; where storage is forbidden by the browser, everything lasts as long as the page.
import { fresh, type Call } from "./calls";

const NAME = "slinga";
const QUEUE = "slinga.queue";
const MOST = 200;

interface Kept {
  id: string;
  user?: string;
}

function read<T>(name: string): T | undefined {
  try {
    const text = localStorage.getItem(name);
    return text ? (JSON.parse(text) as T) : undefined;
  } catch {
    return undefined;
  }
}

function write(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
}

export class Keeper {
  private kept?: Kept;

  /** `own` is the id under which the site itself knows this visitor, if it has one. */
  constructor(private own = "") {}

  /** Whether an earlier page of this site was allowed. */
  allowed(): boolean {
    return typeof read<Kept>(NAME)?.id === "string";
  }

  allow(): void {
    if (this.kept) return;
    const found = read<Kept>(NAME);
    const same = found && typeof found.id === "string" && (!this.own || found.id === this.own);
    this.kept = same ? found : { id: this.own || fresh() };
    write(NAME, this.kept);
  }

  /** The call with the ids of this browser; an identify and an alias are remembered. */
  named(call: Call): Call {
    const kept = (this.kept ??= { id: this.own || fresh() });
    if ((call.type === "identify" || call.type === "alias") && call.userId) {
      kept.user = call.userId;
      write(NAME, kept);
    }
    const previousId = call.type === "alias" ? (call.previousId ?? kept.id) : undefined;
    return { ...call, anonymousId: kept.id, userId: call.userId ?? kept.user, ...(previousId ? { previousId } : {}) };
  }

  reset(): void {
    this.own = "";
    this.kept = { id: fresh() };
    write(NAME, this.kept);
  }

  wipe(): void {
    this.kept = undefined;
    write(NAME, undefined);
    write(QUEUE, undefined);
  }

  /** Calls that an earlier page could not send. */
  queue(): Call[] {
    const found = read<Call[]>(QUEUE);
    return Array.isArray(found) ? found : [];
  }

  keepQueue(calls: Call[]): void {
    if (this.kept) write(QUEUE, calls.length ? calls.slice(-MOST) : undefined);
  }
}
