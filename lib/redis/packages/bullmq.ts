// Named here and not in deno.json: `deno task` downloads all that is named there, whatever it runs.
export * from "npm:bullmq@6.4.0";
