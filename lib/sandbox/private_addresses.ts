/** The addresses that a public host does not have, in the words of Deno's network permission. */

// IANA's registry of special IPv4 addresses, and multicast; with the reason each is no public host.
const RANGES = [
  "0.0.0.0/8", // this host
  "10.0.0.0/8", // private
  "100.64.0.0/10", // behind a carrier's translation
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local, where clouds tell machines their secrets
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // relays to IPv6
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
];

// Deno 2.9 knows no ranges of IPv6, so only these two can be named.
const SINGLE = ["[::]", "[::1]"];

interface Range {
  readonly first: number;
  readonly prefix: number;
}

/**
 * What a tool that takes URLs from the model names as `deny_net`: private, loopback, link-local and
 * all other IPv4 addresses that are not of the public internet.
 *
 * Half of the protection: Deno's permissions know no ranges of IPv6, and an IPv4 address that a name
 * server gives in the form of IPv6 (`::ffff:10.0.0.1`) passes them (measured on 2.9.6). So such a
 * tool also connects over IPv4 alone, which leaves both out:
 * `fetch(url, { client: Deno.createHttpClient({ localAddress: "0.0.0.0" }) })`.
 *
 * @param except IPv4 addresses or ranges that stay allowed: `["10.1.2.3", "10.2.0.0/16"]`
 * @throws {RangeError} when one of these is no IPv4 address or range
 */
export function privateAddresses({ except = [] }: { except?: readonly string[] } = {}): string[] {
  const holes = except.map(parseRange);
  const left = RANGES.flatMap((range) => without(parseRange(range), holes));
  return [...left.map(formatRange), ...SINGLE];
}

function without(range: Range, holes: readonly Range[]): Range[] {
  if (holes.some((hole) => contains(hole, range))) return [];
  const inner = holes.filter((hole) => contains(range, hole));
  if (inner.length === 0) return [range];
  const prefix = range.prefix + 1;
  const halves = [range.first, range.first + size(prefix)];
  return halves.flatMap((first) => without({ first, prefix }, inner));
}

function contains(outer: Range, inner: Range): boolean {
  return outer.prefix <= inner.prefix && outer.first <= inner.first &&
    inner.first < outer.first + size(outer.prefix);
}

function size(prefix: number): number {
  return 2 ** (32 - prefix);
}

function parseRange(text: string): Range {
  const [address = "", length, ...rest] = text.split("/");
  const bytes = address.split(".").map((part) => /^\d{1,3}$/.test(part) ? Number(part) : 256);
  const prefix = length === undefined ? 32 : /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || prefix > 32 || rest.length > 0) {
    throw new RangeError(
      `"${text}" is no IPv4 address or range, expected one such as "10.1.2.3" or "10.1.0.0/16"`,
    );
  }
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return { first: value - value % size(prefix), prefix };
}

function formatRange({ first, prefix }: Range): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join(".")}/${prefix}`;
}
