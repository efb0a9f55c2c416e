/**
 * `deno task bench`: how fast the queue is beside the bare system calls it needs, and beside other
 * queues, in one run.
 *
 * What counts are the ratios of a round, since machines differ and are noisy. Every round has fresh
 * directories, and nothing is deleted before the end. A bound that is missed is shown and is no
 * error; a task that is lost or done twice is.
 */
import { errorLine, EXIT, exitCodeOf } from "../../lib/cli/exit_code.ts";
import { formatTime } from "../../lib/task/time.ts";
import { type BenchCommand, parseBenchArgs } from "./parse_bench_args.ts";
import { openPeers } from "./peers/open_peers.ts";
import type { Peers } from "./peers/peer.ts";
import { drawChart } from "./report/draw_chart.ts";
import { describeMachine } from "./report/machine.ts";
import { Noise } from "./report/noise.ts";
import { renderTable } from "./report/render_table.ts";
import { type Report, type ReportedSection, reportJson } from "./report/report.ts";
import { SECTIONS } from "./sections.ts";
import { freshPlace, makeSpreadDirectory } from "./spread_directory.ts";

type Run = Extract<BenchCommand, { kind: "bench" }>;

/**
 * Measures what was asked for.
 *
 * @param root a directory of this run alone
 * @param progress told what is being measured
 * @param onPeers given what has to be closed by whoever leaves in the middle
 */
export async function bench(
  root: string,
  { sections, rounds, scale, peers }: Run,
  progress: (what: string) => void,
  onPeers: (peers: Peers) => void = () => {},
): Promise<Report> {
  const date = formatTime(Date.now());
  const noise = new Noise(root);
  const remarks = new Set<string>();
  const opened = await openPeersIf(peers, root, progress);
  const { peers: peerQueues, skipped, close } = opened;
  onPeers(opened);
  try {
    const betweenRounds = () => noise.sample();
    const remark = (sentence: string) => remarks.add(sentence);
    const options = { root, rounds, scale, peerQueues, progress, betweenRounds, remark };
    const measured: ReportedSection[] = [];
    for (const { letter, title, run } of sections) {
      noise.sample();
      measured.push({ letter, title, figures: await run(options) });
    }
    noise.sample();
    return {
      date,
      machine: describeMachine(root),
      rounds,
      scale,
      noise: noise.spreads(),
      peers: peerQueues.map(({ name }) => name),
      remarks: [...peerQueues.flatMap((peer) => peer.remarks), ...skipped, ...remarks],
      sections: measured,
    };
  } finally {
    await close();
  }
}

function openPeersIf(
  wanted: boolean,
  root: string,
  progress: (what: string) => void,
): Promise<Peers> {
  if (wanted) return openPeers({ root: freshPlace(root, "peers"), progress });
  return Promise.resolve({ peers: [], skipped: [], close: () => Promise.resolve() });
}

async function run(args: readonly string[]): Promise<string> {
  const command = parseBenchArgs(args, SECTIONS);
  if (command.kind === "help") return command.text;
  const root = await makeSpreadDirectory();
  let peers: Peers | undefined;
  leaveOnSignals(root, async () => await peers?.close());
  const isTerminal = Deno.stderr.isTerminal();
  try {
    const progress = (what: string) => showProgress(what, isTerminal);
    const report = await bench(root, command, progress, (opened) => peers = opened);
    if (command.svg !== undefined) await Deno.writeTextFile(command.svg, drawChart(report));
    return command.json ? reportJson(report) + "\n" : renderTable(report);
  } finally {
    if (isTerminal) writeError(ERASE_LINE);
    await Deno.remove(root, { recursive: true });
  }
}

// The processes of the bench end when their standard input does; other queues have servers, which
// write into the directory as long as they run.
function leaveOnSignals(root: string, close: () => Promise<void>): void {
  const leave = async (code: number) => {
    try {
      await close();
      await Deno.remove(root, { recursive: true });
    } catch {
      // Something is being written there still.
    }
    Deno.exit(code);
  };
  Deno.addSignalListener("SIGINT", () => void leave(EXIT.interrupted));
  Deno.addSignalListener("SIGTERM", () => void leave(EXIT.terminated));
}

const ERASE_LINE = "\r\x1b[K";

// One line that changes, for a person; a log of the bench keeps every one.
function showProgress(what: string, isTerminal: boolean): void {
  writeError(isTerminal ? ERASE_LINE + what : what + "\n");
}

function writeError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) {
  try {
    await Deno.stdout.write(new TextEncoder().encode(await run(Deno.args)));
  } catch (error) {
    writeError(errorLine(error) + "\n");
    Deno.exit(exitCodeOf(error));
  }
}
