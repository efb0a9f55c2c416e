/** The shape of permissions, as a tool declares them and as tools.json allows them. */
import { z } from "zod";
import { PERMISSION_KINDS, type Permissions } from "./define_tool.ts";

const access = z.union([z.boolean(), z.array(z.string().min(1))]).optional();
const kinds = Object.fromEntries(PERMISSION_KINDS.map((kind) => [kind, access]));

/** No kind but Deno's own, each with `true`, `false` or a list. */
export const permissionsSchema = z.strictObject(kinds) as unknown as z.ZodType<Permissions>;
