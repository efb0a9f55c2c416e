/** Names that resolve to what they should not, for real: in a namespace with a hosts file of its own. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TempDir } from "../../support/storage_fixture.ts";

const SCRIPT = fromFileUrl(new URL("fetch_names.ts", import.meta.url));

// What each leads to; the server that must not be reached listens on all addresses.
const NAMES: Record<string, string> = {
  "loopback.test": "127.0.0.1",
  "private.test": "10.1.2.3",
  "metadata.test": "169.254.169.254",
  "carrier.test": "100.64.0.1",
  "loopback6.test": "::1",
  "mapped.test": "::ffff:127.0.0.1",
  "local6.test": "fd00::2",
  "nat64.test": "64:ff9b::7f00:1",
};
const BOTH = { "both.test": ["10.1.2.3", "127.0.0.9"], "sub.host.test": ["127.0.0.1"] };

async function canHaveHosts(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const args = ["-rm", "sh", "-c", "mount --bind /dev/null /etc/hosts"];
  try {
    return (await new Deno.Command("unshare", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a name that resolves to a private address of any form reaches no server",
  ignore: !await canHaveHosts(),
  fn: async () => {
    await using dir = await TempDir.make();
    const lines = Object.entries(NAMES).map(([name, address]) => `${address} ${name}`);
    const more = Object.entries(BOTH).flatMap(([name, all]) => all.map((a) => `${a} ${name}`));
    const hosts = `${dir.path}/hosts`;
    await Deno.writeTextFile(hosts, [...lines, ...more, "127.0.0.1 localhost", ""].join("\n"));
    const names = [...Object.keys(NAMES), ...Object.keys(BOTH)];
    const run = 'mount --bind "$0" /etc/hosts && exec "$@"';
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-rm", "sh", "-c", run, hosts, Deno.execPath(), "run", "-A", SCRIPT, ...names],
    }).output();
    const said = new TextDecoder().decode(stderr);
    const { answers, requests } = JSON.parse(new TextDecoder().decode(stdout) || `"${said}"`);
    assertEquals(requests, ["localhost"]);
    assertStringIncludes(answers["localhost"], "reached");
    for (const name of names) {
      const isIpv6 = NAMES[name]?.includes(":") && name !== "loopback6.test";
      assertStringIncludes(
        answers[name],
        isIpv6 ? "cannot be fetched: its host cannot be reached over IPv4" : "which is not public",
        name,
      );
    }
  },
});
