// Lengths of time as people write them: "20 min, 2 h, 1 d".

const UNITS_MS: Record<string, number> = {
  s: 1_000, sec: 1_000,
  m: 60_000, min: 60_000, minute: 60_000, minutes: 60_000,
  h: 3_600_000, hour: 3_600_000, hours: 3_600_000,
  d: 86_400_000, day: 86_400_000, days: 86_400_000,
};

/** Milliseconds; `undefined` for what is no length of time. */
export function duration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const size = UNITS_MS[(unit ?? "").toLowerCase()];
  if (number === undefined || size === undefined) return undefined;
  const length = Number(number) * size;
  return length > 0 ? length : undefined;
}

/** What a ladder means; the first part that is not understood makes it `undefined`. */
export function ladder(text: string): string | undefined {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (parts.some((part) => duration(part) === undefined)) return undefined;
  if (parts.length === 0) return "Not called again";
  return parts.length === 1 ? "1 more call" : `${parts.length} more calls`;
}
