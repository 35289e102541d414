#!/usr/bin/env python3
"""Writes what the first digits of a phone number say about where it is, from the data of libphonenumber.

usage:  python3 -m venv target/phone-venv
        target/phone-venv/bin/pip install phonenumbers tzdata
        target/phone-venv/bin/python scripts/phone-zones.py

It writes two files beside the code that reads them, and says what it did:

  crates/domain/src/place/phone_zones.txt    first digits of an international number -> zones
  crates/domain/src/place/area_codes.txt     area codes of the North American plan -> states and provinces

The data is that of the `phonenumbers` package on PyPI, the Python edition of libphonenumber (Apache-2.0). Some things
are changed:

- Old names of zones become the present ones (Asia/Calcutta, Asia/Kolkata).
- A row of a North American area code also gets the zones of the exchanges below it, unless a zone with the same clock
  is there already. The package lists an exchange when its zone is known to differ from the row of its area code, so an
  exchange that is not listed may be a new one that nobody looked at, and the row is a guess: it says Central for 423,
  of which most is Eastern, and Eastern for 850, which reaches into Central.
- A row of an area code that names no zone of its own state also gets those of the state (474 is Saskatchewan, which the
  package gives the clock of Manitoba).
- A row that says the same as the next shorter one is left out.
"""

import datetime
import importlib.metadata
import pathlib
import zoneinfo
from collections import defaultdict

from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

PLACE = pathlib.Path(__file__).resolve().parent.parent / "crates/domain/src/place"

# Old name, present name: the renamings in the IANA file `backward`.
PRESENT_NAMES = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Choibalsan": "Asia/Ulaanbaatar",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}

# Territories of the United States have area codes of their own, by the zone of the area code.
TERRITORIES = {
    "America/Puerto_Rico": "US-PR",
    "America/St_Thomas": "US-VI",
    "Pacific/Guam": "US-GU",
    "Pacific/Pago_Pago": "US-AS",
    "Pacific/Saipan": "US-MP",
}

# The names in the package that our table of states does not have.
OTHER_NAMES = {
    "British Colombia": "CA-BC",
    "Washington D.C.": "US-DC",
    "Washington State": "US-WA",
}


def clock(zone):
    """What the clock of a zone does from 2025 to 2035, so that two zones can be compared."""
    tz = zoneinfo.ZoneInfo(zone)
    first = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    return tuple((first + datetime.timedelta(days=day)).astimezone(tz).utcoffset() for day in range(0, 3652))


def zones_by_prefix(regions):
    rows = {
        prefix: {PRESENT_NAMES.get(zone, zone) for zone in zones if zone != "Etc/Unknown"}
        for prefix, zones in TIMEZONE_DATA.items()
    }
    widened = []
    zones_of_states = {code: zones for code, _, zones in states()}
    for area_code, codes in regions.items():
        row = rows.get("1" + area_code)
        theirs = set().union(*(zones_of_states[code] for code in codes))
        if row and not {clock(zone) for zone in row} & {clock(zone) for zone in theirs}:
            row |= theirs
            widened.append("1" + area_code)
    for prefix, zones in sorted(rows.items()):
        if not (prefix.startswith("1") and 4 <= len(prefix) < 7):
            continue
        below = set().union(*(more for longer, more in TIMEZONE_DATA.items() if longer.startswith(prefix[:4])))
        clocks = {clock(zone) for zone in zones}
        for zone in sorted(PRESENT_NAMES.get(zone, zone) for zone in below):
            if clock(zone) not in clocks:
                clocks.add(clock(zone))
                zones.add(zone)
                widened.append(prefix)
    kept = {}
    for prefix, zones in sorted(rows.items(), key=lambda row: len(row[0])):
        shorter = next((kept[prefix[:n]] for n in range(len(prefix) - 1, 0, -1) if prefix[:n] in kept), None)
        if zones != shorter:
            kept[prefix] = zones
    return kept, sorted(set(widened))


def states():
    """Code, name and zones of each row of our own table."""
    for line in (PLACE / "states.csv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, name, _, zones = line.split(",")
            yield code, name, zones.split("&")


def regions_by_area_code():
    codes = dict(OTHER_NAMES)
    for code, name, _ in states():
        codes[name] = codes[code[3:]] = code
    exchanges = defaultdict(set)
    for prefix, words in GEOCODE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 7 and ", " in words.get("en", ""):
            exchanges[prefix[1:4]].add(words["en"].rsplit(", ", 1)[1])
    area_codes = set(exchanges)
    area_codes |= {prefix[1:] for prefix in [*TIMEZONE_DATA, *GEOCODE_DATA] if prefix.startswith("1") and len(prefix) == 4}
    found, without = {}, []
    for area_code in sorted(area_codes):
        words = GEOCODE_DATA.get("1" + area_code, {}).get("en", "")
        if ", " in words:
            names = [words.rsplit(", ", 1)[1]]
        elif words:
            names = words.split("/")
        else:
            names = exchanges.get(area_code, ())
        regions = {codes[name] for name in names}
        zones = TIMEZONE_DATA.get("1" + area_code, ())
        if not regions and len(zones) == 1:
            regions = {TERRITORIES[zone] for zone in zones if zone in TERRITORIES}
        if regions:
            found[area_code] = regions
        else:
            without.append(area_code)
    return found, without


def header(what):
    version = importlib.metadata.version("phonenumbers")
    today = datetime.date.today().isoformat()
    return (
        f"# {what}\n"
        f"# Derived from libphonenumber, by way of phonenumbers {version} from PyPI, on {today}.\n"
        "# Copyright The Libphonenumber Authors, licensed under the Apache License, Version 2.0. Changed: see the script.\n"
        "# Do not edit: scripts/phone-zones.py writes this file.\n"
    )


def write(name, what, rows):
    by_value = defaultdict(list)
    for key, values in rows.items():
        by_value["&".join(sorted(values))].append(key)
    lines = (f"{value}: {' '.join(sorted(keys))}\n" for value, keys in sorted(by_value.items()))
    (PLACE / name).write_text(header(what) + "".join(lines), encoding="utf-8")
    print(f"{name}: {len(rows)} rows in {len(by_value)} lines")


def main():
    regions, without = regions_by_area_code()
    zones, widened = zones_by_prefix(regions)
    write("phone_zones.txt", "Zones by the first digits of an international number; the longest row counts.", zones)
    print("rows that got more zones:", *widened)
    write("area_codes.txt", "States and provinces by area code of the North American numbering plan.", regions)
    print("area codes of no state or province:", *without)


if __name__ == "__main__":
    main()
