// The sources of BullMQ's Lua scripts; the number in a file's name is how many keys it takes.
export { addDelayedJob } from "npm:bullmq@6.4.0/dist/esm/scripts/addDelayedJob-6.js";
export { addPrioritizedJob } from "npm:bullmq@6.4.0/dist/esm/scripts/addPrioritizedJob-9.js";
export { moveToDelayed } from "npm:bullmq@6.4.0/dist/esm/scripts/moveToDelayed-11.js";
export { moveToFinished } from "npm:bullmq@6.4.0/dist/esm/scripts/moveToFinished-14.js";
export { retryJob } from "npm:bullmq@6.4.0/dist/esm/scripts/retryJob-11.js";
