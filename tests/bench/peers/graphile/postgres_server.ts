import { join } from "@std/path";
import { freePort } from "../free_port.ts";
import { GuardedServer } from "../guarded_server.ts";

const BIN = "/usr/lib/postgresql/15/bin";
