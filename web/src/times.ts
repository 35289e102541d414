// The server writes moments as UTC in <time datetime>. Here they become what a reader wants: "3 minutes ago" with the
// exact moment in the reader's own zone as tooltip, and running clocks for calls that are up. Distances are taken from the
// server's clock.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A clock that was read once: what it showed, when that was by our own, and how fast it runs. */
export interface Clock {
  shown: number;
  read: number;
  speed: number;
}

/** What a clock shows at a moment of our own. */
export function clockAt(clock: Clock, moment: number): number {
  return clock.shown + (moment - clock.read) * clock.speed;
}

/** The server's clock, as the page says. Ours may be wrong, and that of a rehearsal runs faster than life. */
function readServerClock(): Clock {
  const { now, clockSpeed } = document.documentElement.dataset;
  const arrived = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  const read = arrived ? performance.timeOrigin + arrived.responseStart : Date.now();
  const shown = Number(now);
  // A page that says nothing goes by our own.
  return shown > 0 ? { shown, read, speed: Number(clockSpeed) || 1 } : { shown: read, read, speed: 1 };
}

let serverClock: Clock | undefined;

/** What the server's clock shows now. */
export function serverNow(): number {
  serverClock ??= readServerClock();
  return clockAt(serverClock, Date.now());
}

/** How far a moment is from now, in words: for a week, then as a date. */
export function ago(moment: number, now: number): string {
  const distance = moment - now;
  const size = Math.abs(distance);
  if (size < 45_000) return distance <= 0 ? "just now" : "in a moment";
  if (size < HOUR_MS) return relative.format(Math.round(distance / MINUTE_MS), "minute");
  if (size < DAY_MS) return relative.format(Math.round(distance / HOUR_MS), "hour");
  if (size < WEEK_MS) return relative.format(Math.round(distance / DAY_MS), "day");
  return day.format(moment);
}

/** A running clock: 0:07, 12:30, 1:02:03. */
export function elapsed(since: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function show(element: HTMLTimeElement, now: number): void {
  const moment = Date.parse(element.dateTime);
  if (Number.isNaN(moment)) return;
  const title = exact.format(moment);
  if (element.title !== title) element.title = title;
  // In the zone of whom it concerns, and as the server says it.
  if ("fixed" in element.dataset) return;
  const text =
    "since" in element.dataset
      ? elapsed(moment, now)
      : "clock" in element.dataset
        ? clock.format(moment)
        : ago(moment, now);
  // Writing the same text again would still disturb a reader's selection.
  if (element.textContent !== text) element.textContent = text;
}

/** Writes every moment under `root` anew. */
export function showTimes(root: ParentNode = document): void {
  const now = serverNow();
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) show(element, now);
}

/** Keeps clocks running and relative times true while somebody looks. */
export function startTimes(): void {
  showTimes();
  let ticks = 0;
  setInterval(() => {
    if (document.hidden) return;
    ticks += 1;
    if (ticks % 15 === 0) showTimes();
    else {
      const now = serverNow();
      for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-since]")) show(element, now);
    }
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) showTimes();
  });
}
