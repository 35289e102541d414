// The server says only that something changed; the page then fetches its fragments again. A lost message therefore costs
// a refresh and never leaves a wrong number.

import htmx from "htmx.org";
import { serverNow, showTimes } from "./times";
import { settleLamps } from "./lamps";

/** A tab that nobody sees gives its connection back after this long: browsers allow only six to one server. */
const HIDDEN_GRACE_MS = 15_000;
/** The server lets itself be heard every five seconds: who has not heard it for so long has lost it. */
const DEAF_AFTER_MS = 12_000;
/** A connection that is lost for less is nobody's concern. */
const TOLD_AFTER_MS = 3_000;
/** After an error that ends it a connection of our own is opened again after so long. */
const REOPEN_MS = 2_000;
/** How often a screen reader hears about progress at most. */
const ANNOUNCE_EVERY_MS = 30_000;

type Connection = "live" | "lost";

/** Elements that fetch themselves again, marked `data-live`. */
function liveElements(): NodeListOf<HTMLElement> {
  return document.querySelectorAll<HTMLElement>("[data-live]");
}

/** Fetches every live fragment again. */
export function refreshAll(): void {
  for (const element of liveElements()) htmx.trigger(element, "refresh", {});
}

/** Keeps the page in step with the server. */
export function startLive(): void {
  const sources = watchSources();
  // Also after the first connection: what happened between the rendering and the subscription is fetched now.
  htmx.on("htmx:sseOpen", () => connected());
  htmx.on("htmx:sseError", () => disconnected());
  // By then htmx has opened the connection of a page that has one. Every page hears how the server is doing.
  document.addEventListener("DOMContentLoaded", () => {
    if (!sources.any()) openOwn();
  });
  setInterval(() => watchConnection(sources), 1000);

  htmx.on("htmx:beforeRequest", (event) => {
    // Nobody is looking: the fragments are fetched when somebody does.
    if (document.hidden && (event.target as Element).hasAttribute("data-live")) event.preventDefault();
  });
  htmx.on("htmx:afterSwap", () => afterSwap());
  htmx.on("htmx:afterSettle", () => announce());

  let sleeping: number | undefined;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      sleeping = window.setTimeout(() => sources.sleep(), HIDDEN_GRACE_MS);
    } else {
      window.clearTimeout(sleeping);
      heardAt = performance.now();
      if (!sources.wake()) refreshAll();
    }
  });
  afterSwap();
}

/** In the same task as the swap, so that the server's wording of a moment is never painted. */
function afterSwap(): void {
  showTimes();
  settleLamps();
  const title = document.querySelector<HTMLElement>("[data-title]")?.dataset["title"];
  if (title) document.title = title;
}

/** When the server was last heard of, by the browser's own clock that nobody sets. */
let heardAt = performance.now();
/** When the connection was lost, by the same clock; nothing while it lives. */
let lostAt: number | undefined;

function connected(): void {
  heardAt = performance.now();
  showConnection("live");
  refreshAll();
}

function disconnected(): void {
  lostAt ??= performance.now();
  showConnection("lost");
}

/** The server lives, and this is the banner that it would show now. What changed it also changes why people wait. */
function heard(version: string): void {
  heardAt = performance.now();
  showConnection("live");
  const shown = document.querySelector<HTMLElement>("[data-banner]")?.dataset["banner"];
  if (shown !== undefined && shown !== version) refreshAll();
}

/** Notices a server that vanished without a word, and tells of a connection that does not come back. */
function watchConnection(sources: Sources): void {
  if (document.hidden) return;
  const now = performance.now();
  if (lostAt === undefined && sources.any() && now - heardAt > DEAF_AFTER_MS) {
    lostAt = heardAt;
    showConnection("lost");
    sources.reopen();
  }
  const offline = document.querySelector<HTMLElement>("[data-offline]");
  if (!offline) return;
  const told = lostAt !== undefined && now - lostAt >= TOLD_AFTER_MS;
  if (told && offline.hidden) {
    const since = offline.querySelector<HTMLTimeElement>("[data-offline-since]");
    if (since) since.dateTime = new Date(serverNow() - (now - heardAt)).toISOString();
    showTimes(offline);
  }
  if (offline.hidden === told) offline.hidden = !told;
}

/** A connection for a page that has none of its own: it hears nothing but how the server is doing. */
function openOwn(): void {
  const hooks = htmx as unknown as { createEventSource: (url: string) => EventSource };
  const source = hooks.createEventSource("/events?about=health");
  source.addEventListener("open", () => connected());
  source.addEventListener("error", () => {
    disconnected();
    // Unless the browser tries again by itself.
    if (source.readyState === EventSource.CLOSED) window.setTimeout(openOwn, REOPEN_MS);
  });
}

function showConnection(state: Connection): void {
  if (state === "live") lostAt = undefined;
  const element = document.querySelector<HTMLElement>("[data-connection]");
  if (!element) return;
  element.hidden = false;
  element.dataset["connection"] = state;
  const text = element.querySelector("[data-connection-text]");
  if (text) text.textContent = state === "live" ? "Live" : "Reconnecting…";
}

let announcedAt = 0;
let announced = "";

/** Reads the summary out when it changed, but not with every call. */
function announce(): void {
  const summary = document.querySelector("[data-summary]")?.textContent?.trim() ?? "";
  const region = document.getElementById("announcer");
  if (!region || summary === announced) return;
  const now = Date.now();
  if (announced !== "" && now - announcedAt < ANNOUNCE_EVERY_MS) return;
  // The first summary stands on the page the reader has just opened: no need to say it twice.
  if (announced !== "") region.textContent = summary;
  announced = summary;
  announcedAt = now;
}

interface Sources {
  /** Whether there is any, open or asleep. */
  any: () => boolean;
  sleep: () => void;
  /** Reopens what slept. False when nothing did. */
  wake: () => boolean;
  /** Closes what is open and opens it again. */
  reopen: () => void;
}

/** Holds the event sources that the extension opens, so that they can be closed and reopened. */
function watchSources(): Sources {
  const open = new Set<EventSource>();
  const asleep = new Set<EventSource>();
  const hooks = htmx as unknown as { createEventSource: (url: string) => EventSource };
  hooks.createEventSource = (url) => {
    const source = new EventSource(url);
    open.add(source);
    source.addEventListener("health", (event) => heard(event.data as string));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) open.delete(source);
    });
    return source;
  };
  return {
    any: () => open.size + asleep.size > 0,
    reopen() {
      for (const source of [...open]) {
        source.close();
        source.dispatchEvent(new Event("error"));
      }
    },
    sleep() {
      for (const source of open) {
        source.close();
        asleep.add(source);
      }
      open.clear();
    },
    wake() {
      const slept = asleep.size > 0;
      // The extension answers an error on a closed source by opening a new one and subscribing everybody again.
      for (const source of asleep) source.dispatchEvent(new Event("error"));
      asleep.clear();
      return slept;
    },
  };
}
