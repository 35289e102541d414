#!/usr/bin/env node
// Writes what people call countries: crates/domain/src/phone/countries.csv.
//
// usage: node scripts/country-names.mjs
//
// Codes and English names are those of Debian's package `iso-codes` (ISO 3166-1, LGPL-2.1), names in other languages those
// of Node's Unicode CLDR. Each line has the code of two letters and then all names, separated by `|`: the code of three
// letters, English names, and names in the languages below and in those that are spoken in the country. Names are reduced
// to letters without accents, in lower case, as the reader compares them. A name that two countries share is left out.

import { readFileSync, writeFileSync } from "node:fs";

const LANGUAGES = ["en", "de", "es", "fr", "pt", "it", "nl", "pl", "sv", "da", "nb", "fi", "cs", "tr", "ro", "hu"];
/** Names that people write and neither source has. */
const MORE = {
  US: ["America", "United States of America", "The United States", "The US", "U.S.A.", "Estados Unidos de America", "EEUU", "EE.UU.", "EUA", "Etats-Unis d'Amerique"],
  GB: ["UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland", "The United Kingdom", "GrossBritannien", "Grossbritannien"],
  AE: ["UAE", "U.A.E.", "Emirates"], NL: ["Holland", "The Netherlands"], KR: ["South Korea", "Korea", "Republic of Korea"],
  CZ: ["Czechia", "Czech Republic"], RU: ["Russia"], VN: ["Vietnam"], BO: ["Bolivia"], VE: ["Venezuela"], TZ: ["Tanzania"],
  IR: ["Iran"], SY: ["Syria"], MD: ["Moldova"], LA: ["Laos"], TW: ["Taiwan"], MK: ["Macedonia"], HK: ["Hong Kong"], MO: ["Macau", "Macao"],
  CI: ["Ivory Coast", "Cote d'Ivoire"], CD: ["DR Congo", "Congo Kinshasa"], TR: ["Turkey"], SZ: ["Swaziland"], CV: ["Cape Verde"],
  VA: ["Vatican"], XK: ["Kosovo"], IE: ["Republic of Ireland", "Eire"], BA: ["Bosnia"], DO: ["Dominican Rep"], PR: ["Puerto Rico"],
  AC: ["Ascension Island"], TA: ["Tristan da Cunha"], SA: ["KSA", "Saudi"], CN: ["PRC", "China"], PS: ["Palestine"], BR: ["Brasil"],
  DE: ["BRD", "Federal Republic of Germany"], CH: ["Suisse", "Schweiz", "Svizzera"], CA: ["Canada"],
};

const plain = (/** @type {string} */ text) =>
  text.normalize("NFKD").replaceAll("ß", "ss").toLowerCase().replace(/\P{Alphabetic}/gu, "");

const iso = JSON.parse(readFileSync("/usr/share/iso-codes/json/iso_3166-1.json", "utf8"))["3166-1"];
/** @type {Map<string, Set<string>>} */
const names = new Map();
/** @param {string} code @param {(string | undefined)[]} more */
const add = (code, more) => {
  const all = names.get(code) ?? names.set(code, new Set()).get(code);
  for (const name of more) if (name && plain(name).length > 1) all?.add(plain(name));
};
for (const country of iso) {
  add(country.alpha_2, [country.alpha_3, country.name, country.common_name, country.official_name]);
}
for (const code of Object.keys(MORE)) add(code, []);
for (const code of names.keys()) {
  const own = new Intl.Locale("und", { region: code }).maximize().language;
  for (const language of new Set([...LANGUAGES, own])) {
    const name = new Intl.DisplayNames([language], { type: "region", fallback: "none" }).of(code);
    if (name) add(code, [name, name.replace(/^the /i, "").replace(/ \(.*\)$/, "")]);
  }
  add(code, MORE[/** @type {keyof typeof MORE} */ (code)] ?? []);
}
/** @type {Map<string, string[]>} */
const owners = new Map();
for (const [code, all] of names) for (const name of all) owners.set(name, [...(owners.get(name) ?? []), code]);
const sure = new Map(Object.entries(MORE).flatMap(([code, more]) => more.map((name) => [plain(name), code])));
const lines = [...names].sort().map(([code, all]) => {
  const kept = [...all].filter((name) => (sure.get(name) ?? code) === code && (sure.has(name) || owners.get(name)?.length === 1));
  return [code, ...kept.sort()].join("|");
});
const head = "# What people call countries. Written by scripts/country-names.mjs, which tells the sources.\n";
writeFileSync(new URL("../crates/domain/src/phone/countries.csv", import.meta.url), `${head}${lines.join("\n")}\n`);
console.log(`${lines.length} countries, ${[...owners].filter(([, of]) => of.length > 1).map(([name, of]) => `${name}: ${of}`).join("; ")}`);
