/**
 * Plans that broke an invariant once, each made smaller by `--seed`, and what was wrong.
 *
 * A plan replays one order of steps only as long as the engine takes the same steps. What keeps the
 * fault out for good is the mutant of the same name in mutants.ts.
 */
import type { Plan } from "./plan.ts";

const CALM = {
  durability: "full",
  presence: false,
  bare: false,
  stickiness: 0.9,
  call_ms: 2,
  event_loss: 0,
  chaos_steps: 420,
  ending: "go_on",
} as const;

export const REGRESSIONS: readonly { readonly name: string; readonly plan: Plan }[] = [
  {
    // A service died of a failed flush; the next one went on in the same file, whose earlier lines
    // no later flush writes any more.
    name: "a journal is gone on with as it lies",
    plan: {
      ...CALM,
      seed: 20,
      stickiness: 0.5,
      call_ms: 0.2,
      processes: [
        { kind: "service", concurrency: 1, delay: 0 },
        { kind: "service", concurrency: 1, delay: 0 },
        {
          kind: "client",
          reads: false,
          parallel: false,
          actions: [{ do: "enqueue", id: "a", script: "o:lc:413127", wait: 700 }],
        },
        {
          kind: "client",
          reads: true,
          parallel: false,
          actions: [{ do: "retry", id: "a", fresh: true, wait: 0 }],
        },
      ],
      disruptions: [
        { kind: "power_cut", at: { step: 258 } },
        { kind: "fault", call: 89, code: "EIO" },
      ],
    },
  },
  {
    // Two calls of one answer ended together; the disk was full for the first, and what the second
    // wrote was glued to its half line.
    name: "journal lines are written at the same time, also behind half a one",
    plan: {
      ...CALM,
      seed: 18,
      processes: [
        { kind: "service", concurrency: 1, delay: 0 },
        {
          kind: "client",
          reads: false,
          parallel: false,
          actions: [
            { do: "enqueue", id: "a", script: "oI:f:190452", wait: 0 },
            { do: "enqueue", id: "b", script: ":c:1", wait: 0 },
          ],
        },
      ],
      disruptions: [{ kind: "fault", name: "write", call: 11, code: "ENOSPC" }],
    },
  },
  {
    // A flush failed in recovery while nothing ran: the service lived on, held the task now and then,
    // and could never do anything for it.
    name: "recovery goes on after a flush was lost",
    plan: {
      ...CALM,
      seed: 441,
      processes: [
        { kind: "service", concurrency: 1, delay: 0 },
        {
          kind: "client",
          reads: false,
          parallel: false,
          actions: [
            { do: "enqueue", id: "a", script: "i:rf:251521", wait: 0 },
            { do: "enqueue", id: "b", script: ":c:1", wait: 0 },
          ],
        },
      ],
      disruptions: [
        { kind: "fault", name: "flushdir", call: 16, code: "EIO" },
        { kind: "fault", name: "flushdir", call: 17, code: "EIO" },
      ],
    },
  },
];
