// The sources of BullMQ's Lua scripts; the number in a file's name is how many keys it takes.
export { moveToDelayed } from "npm:bullmq@6.4.0/dist/esm/scripts/moveToDelayed-11.js";
export { moveToFinished } from "npm:bullmq@6.4.0/dist/esm/scripts/moveToFinished-14.js";
export { retryJob } from "npm:bullmq@6.4.0/dist/esm/scripts/retryJob-11.js";
