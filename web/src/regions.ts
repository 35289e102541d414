// Countries by name. The server knows their codes only; the browser knows their names.

/** Writes the names into a list of countries and sorts it by them, with the likely ones first. */
export function nameRegions(select: HTMLSelectElement): void {
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const likely = [...spokenRegions(), "US", "CA", "GB"];
  const rank = (code: string): number => (likely.includes(code) ? likely.indexOf(code) : likely.length);
  const regions = [...select.options].filter((option) => option.value !== "");
  for (const option of regions) option.text = option.text.replace(option.value, names.of(option.value) ?? option.value);
  regions.sort((a, b) => rank(a.value) - rank(b.value) || a.text.localeCompare(b.text, "en"));
  // Moving an option does not change which one is chosen.
  select.append(...regions);
}

/** The countries of the languages that the person reads. */
function spokenRegions(): string[] {
  return navigator.languages.flatMap((language) => new Intl.Locale(language).region ?? []);
}
