// The server says only that something changed; the page then fetches its fragments again. A lost message therefore costs
// a refresh and never leaves a wrong number.

import htmx from "htmx.org";
import { showTimes } from "./times";
import { settleLamps } from "./lamps";

/** A tab that nobody sees gives its connection back after this long: browsers allow only six to one server. */
const HIDDEN_GRACE_MS = 15_000;
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
  htmx.on("htmx:sseOpen", () => {
    showConnection("live");
    refreshAll();
  });
  htmx.on("htmx:sseError", () => showConnection("lost"));

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

function showConnection(state: Connection): void {
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
  sleep: () => void;
  /** Reopens what slept. False when nothing did. */
  wake: () => boolean;
}

/** Holds the event sources that the extension opens, so that they can be closed and reopened. */
function watchSources(): Sources {
  const open = new Set<EventSource>();
  const asleep = new Set<EventSource>();
  const hooks = htmx as unknown as { createEventSource: (url: string) => EventSource };
  hooks.createEventSource = (url) => {
    const source = new EventSource(url);
    open.add(source);
    return source;
  };
  return {
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
