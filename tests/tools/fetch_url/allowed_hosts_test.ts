import { assertEquals, assertThrows } from "@std/assert";
import { allowedUrl, isHostEntry, netPermission } from "../../../tools/fetch_url/allowed_hosts.ts";

Deno.test("isHostEntry() takes hosts, what is below them, ports, and all of them", () => {
  for (
    const text of ["a.test", "*.a.test", "a.test:8080", "*.a.test:1", "10.0.0.1", "MÜNCHEN.de"]
  ) {
    assertEquals(isHostEntry(text), true, text);
  }
  assertEquals(isHostEntry("*"), true);
  const wrong = [
    ...["https://a.test", "a.test/x", "a.*.test", "**", "*:80", "[::1]", "::1", "a.test:99999"],
    ...["a.test:", "me@a.test", "a b", "a,b", "a.test.", "a..test:x", ".", "", "1.2.3.4.5"],
  ];
  for (const text of wrong) assertEquals(isHostEntry(text), false, text);
});

Deno.test("netPermission() is ports 443 and 80 of a host without a port", () => {
  assertEquals(netPermission([]), []);
  assertEquals(netPermission(["A.test", "*.b.test:8443", "127.1"]), [
    ...["a.test:443", "a.test:80", "*.b.test:8443", "127.0.0.1:443", "127.0.0.1:80"],
  ]);
  assertEquals(netPermission(["a.test", "*"]), true);
});

Deno.test("allowedUrl() takes a host below as Deno's permission does, the host itself too", () => {
  for (const url of ["https://a.test/", "http://x.a.test/", "http://x.y.a.test./p?q#f"]) {
    allowedUrl(url, ["*.a.test"]);
  }
  for (const url of ["https://xa.test/", "http://a.test.x/", "http://a.test:8080/"]) {
    assertThrows(() => allowedUrl(url, ["*.a.test"]), TypeError, "is not allowed, only *.a.test;");
  }
  assertEquals(allowedUrl("http://A.test./p?q#f", ["a.test"]).href, "http://a.test/p?q");
});

Deno.test("allowedUrl() takes every host on ports 443 and 80 alone, and others that are named", () => {
  const hosts = ["*", "a.test:8080"];
  for (const url of ["https://any.test/", "http://any.test/", "http://a.test:8080/"]) {
    allowedUrl(url, hosts);
  }
  for (const url of ["http://any.test:8080/", "https://any.test:22/", "https://any.test:80001/"]) {
    assertThrows(() => allowedUrl(url, hosts), TypeError);
  }
});
