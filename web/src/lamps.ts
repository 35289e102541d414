// Each call in progress keeps its place in the row of lines until it ends; a new call takes the first free place. The
// server lists calls by age, which would shift every lamp whenever a call ends.

const places = new Map<string, number>();

/** Puts the lamps where they were. */
export function settleLamps(): void {
  const lamps = [...document.querySelectorAll<HTMLElement>("[data-lamp]")];
  const lit = new Set(lamps.map((lamp) => lamp.dataset["lamp"]).filter((id) => id !== ""));
  for (const id of places.keys()) if (!lit.has(id)) places.delete(id);

  const taken = new Set(places.values());
  const free = lamps.map((_, place) => place).filter((place) => !taken.has(place));
  for (const id of lit) {
    if (id !== undefined && !places.has(id)) places.set(id, free.shift() ?? lamps.length);
  }
  for (const lamp of lamps) {
    const id = lamp.dataset["lamp"];
    const place = id ? places.get(id) : free.shift();
    lamp.style.order = String(place ?? lamps.length);
  }
}
