/** IANA time zones of well-known places, for tools that ask for a zone. */

/** Places whose zone carries another city's name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  barcelona: "Europe/Madrid",
  beijing: "Asia/Shanghai",
  bergen: "Europe/Oslo",
  boston: "America/New_York",
  california: "America/Los_Angeles",
  delhi: "Asia/Kolkata",
  france: "Europe/Paris",
  germany: "Europe/Berlin",
  gmt: "UTC",
  hamburg: "Europe/Berlin",
  india: "Asia/Kolkata",
  italy: "Europe/Rome",
  japan: "Asia/Tokyo",
  kyiv: "Europe/Kyiv",
  miami: "America/New_York",
  milan: "Europe/Rome",
  montreal: "America/Toronto",
  mumbai: "Asia/Kolkata",
  munich: "Europe/Berlin",
  norway: "Europe/Oslo",
  osaka: "Asia/Tokyo",
  "san francisco": "America/Los_Angeles",
  seattle: "America/Los_Angeles",
  spain: "Europe/Madrid",
  sweden: "Europe/Stockholm",
  "tromsø": "Europe/Oslo",
  uk: "Europe/London",
  utc: "UTC",
  washington: "America/New_York",
};

let zones: ReadonlyMap<string, string> | undefined;

/** The zone of a place or a zone's own name; `undefined` when it is not known. */
export function findZone(place: string): string | undefined {
  zones ??= knownZones();
  const key = place.trim().toLowerCase().replaceAll("_", " ");
  return ELSEWHERE[key] ?? zones.get(key);
}

function knownZones(): Map<string, string> {
  const known = new Map<string, string>();
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const name = zone.toLowerCase().replaceAll("_", " ");
    known.set(name, zone);
    known.set(name.slice(name.lastIndexOf("/") + 1), zone);
  }
  return known;
}
