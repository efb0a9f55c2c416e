import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { privateAddresses } from "../../../lib/sandbox/private_addresses.ts";

const value = (address: string) =>
  address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);

function isIn(address: string, ranges: readonly string[]): boolean {
  return ranges.filter((range) => !range.startsWith("[")).some((range) => {
    const [first = "", prefix] = range.split("/");
    const size = 2 ** (32 - Number(prefix ?? 32));
    return Math.floor(value(address) / size) === Math.floor(value(first) / size);
  });
}

Deno.test("privateAddresses() holds what is not of the public internet and nothing else", () => {
  const all = privateAddresses();
  const closed = [
    ...["0.0.0.0", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1"],
    ...["127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.2.2"],
    ...["192.168.0.1", "192.168.255.255", "198.19.255.255", "224.0.0.251", "255.255.255.255"],
  ];
  const open = [
    ...["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1"],
    ...["128.0.0.1", "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255"],
    ...["192.169.0.0", "223.255.255.255"],
  ];
  for (const address of closed) assert(isIn(address, all), address);
  for (const address of open) assert(!isIn(address, all), address);
  assertEquals(all.filter((range) => range.startsWith("[")), ["[::]", "[::1]"]);
});

Deno.test("privateAddresses() leaves out what is excepted, and no more", () => {
  assertEquals(
    privateAddresses({ except: ["10.0.0.0/8", "127.0.0.0/9"] }).slice(0, 3),
    ["0.0.0.0/8", "100.64.0.0/10", "127.128.0.0/9"],
  );
  const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((b) => b.join("."));
  const near = fc.tuple(fc.constantFrom("10.1", "127.0", "192.168"), fc.nat(3), fc.nat(255))
    .map(([start, third, last]) => `${start}.${third}.${last}`);
  const some = fc.oneof(near, address);
  const range = fc.tuple(some, fc.integer({ min: 8, max: 32 })).map(([a, p]) => `${a}/${p}`);
  const excepted = fc.array(fc.oneof(some, range), { maxLength: 4 });
  fc.assert(fc.property(excepted, some, (except, probe) => {
    const expected = isIn(probe, privateAddresses()) && !isIn(probe, except);
    assertEquals(isIn(probe, privateAddresses({ except })), expected);
  }));
});

Deno.test("privateAddresses() refuses an exception that is no IPv4 address or range", () => {
  for (
    const text of ["10.1.2", "10.1.2.256", "10.1.2.3/33", "::1", "localhost", "", "1.2.3.4/8/8"]
  ) {
    assertThrows(
      () => privateAddresses({ except: [text] }),
      RangeError,
      `"${text}" is no IPv4 address or range, expected one such as "10.1.2.3" or "10.1.0.0/16"`,
    );
  }
});
