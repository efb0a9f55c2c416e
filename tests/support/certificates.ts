import { join } from "@std/path";

/**
 * Makes an authority (`ca.crt`) that nobody knows and a certificate of it for localhost
 * (`server.crt`, `server.key`), by openssl, in a directory.
 */
export async function makeCertificates(directory: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const extensions = ["basicConstraints=critical,CA:FALSE", "subjectAltName=DNS:localhost"];
  await openssl(directory, ["req", "-x509", ...key, "-subj", "/CN=bts test authority"], "ca");
  await openssl(directory, [
    ...["req", "-x509", ...key, "-subj", "/CN=localhost", "-CA", "ca.crt", "-CAkey", "ca.key"],
    ...extensions.flatMap((extension) => ["-addext", extension]),
  ], "server");
}

async function openssl(directory: string, args: readonly string[], name: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [...args, "-keyout", `${name}.key`, "-out", `${name}.crt`],
    cwd: directory,
  }).output();
  if (!success) throw new Error(`openssl: ${new TextDecoder().decode(stderr)}`);
  await Deno.chmod(join(directory, `${name}.key`), 0o600);
}
