/** How to start a background service, where none runs. */
export const NO_SERVICE =
  "No background service is running, so tasks will wait; start one with: deno task background";
