import type { Report } from "./report.ts";

/** A report with one of everything, for tests. */
export const SAMPLE_REPORT: Report = {
  date: "2026-11-26T12:00:00.000Z",
  machine: { cpu: "A <CPU>", cores: 2, memory: 2 ** 34, system: "linux 6.1", deno: "2.9.6" },
  rounds: 3,
  scale: 1,
  noise: [{ of: "a loop", values: [10, 11], spread: 4.4, worst: 10 }],
  peers: ["BullMQ, everysec"],
  remarks: ["Celery is not installed."],
  sections: [{
    letter: "b",
    title: "Drain, with results",
    figures: [
      {
        section: "b",
        name: "relaxed, concurrency 10",
        unit: "tasks/s",
        values: [5_000, 6_000, 4_000],
        compared: [
          { to: "floor, relaxed", values: [10_000, 10_000, 10_000], must: { least: 0.6 } },
          { to: "BullMQ, everysec", values: [2_500, 2_000, 4_000], must: { least: 1.2 } },
          { to: "one service", values: [5_000, 5_000, 5_000] },
        ],
        charted: true,
      },
      { section: "b", name: "idle", unit: "MB", values: [80.25], must: { most: 100 } },
    ],
  }],
};
