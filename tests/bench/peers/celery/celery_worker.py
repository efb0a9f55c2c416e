"""The worker of the Celery peer: starts Celery's own worker, and reads what that has written."""

import os
import subprocess
import sys
import time

from bench_app import ENDS, READY, STARTS
from serve_commands import serve_commands

# Seconds without any job's end after which the rest counts as lost.
STALLED_AFTER = 20
# Seconds between two looks at the file.
LOOK_EVERY = 0.01
PARENT = os.getppid()
# Seconds after which Celery's worker has noticed that jobs have ended: it sleeps for one between two
# looks at its queue. What it has not noticed it hands in again when it is stopped.
NOTICES_WITHIN = 2.5
# Seconds a worker may take to finish what runs.
LAST_WORDS = 20


class Worker:
    def __init__(self):
        self.process = None
        # Bytes of these files that belong to what was done before.
        self.before = {STARTS: 0, ENDS: 0, READY: 0}

    def work(self, concurrency):
        self.before = {path: size(path) for path in self.before}
        celery = [sys.executable, "-m", "celery", "--app", "bench_app", "worker"]
        self.process = subprocess.Popen(
            # It ends with this process, however that ends.
            ["setpriv", "--pdeathsig", "TERM", *celery, "--concurrency", str(concurrency),
             "--loglevel", "ERROR"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self.wait_for(READY, 1)

    def ended(self, count):
        lines = self.wait_for(ENDS, count)
        bad = [line for line in lines if line[2] != "SUCCESS"]
        if bad:
            raise RuntimeError(f"{len(bad)} of {count} jobs failed")
        return {"first_start": float(self.lines(STARTS)[0][1]), "last_end": float(lines[-1][1])}

    def ended_within(self, milliseconds):
        first_start = float(self.wait_for(STARTS, 1)[0][1])
        until = first_start + milliseconds
        time.sleep(max(0, until / 1000 - time.time()))
        return sum(1 for line in self.lines(ENDS) if float(line[1]) <= until)

    def starts(self):
        return [{"id": line[0], "at": float(line[1])} for line in self.lines(STARTS)]

    def rest(self):
        if self.process is None:
            return
        time.sleep(NOTICES_WITHIN)
        self.process.terminate()
        try:
            self.process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def wait_for(self, path, count):
        lines, since = [], time.monotonic()
        while len(lines) < count:
            if os.getppid() != PARENT:
                raise SystemExit("the bench is gone")
            if self.process.poll() is not None:
                raise RuntimeError("Celery's worker has ended by itself")
            if time.monotonic() - since > STALLED_AFTER:
                raise RuntimeError(
                    f'of {count} lines in "{os.path.basename(path)}" {len(lines)} came, '
                    "and then none for a long time"
                )
            time.sleep(LOOK_EVERY)
            more = self.lines(path)
            if len(more) > len(lines):
                lines, since = more, time.monotonic()
        return lines

    def lines(self, path):
        """The words of each line that was added since `work`."""
        if size(path) == 0:
            return []
        with open(path, encoding="utf-8") as file:
            file.seek(self.before[path])
            return [line.split() for line in file if line.endswith("\n")]


def size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def answer(worker, command):
    do = command["do"]
    if do == "work":
        return worker.work(command["concurrency"])
    if do == "ended":
        return worker.ended(command["count"])
    if do == "ended_within":
        return worker.ended_within(command["milliseconds"])
    if do == "starts":
        return worker.starts()
    return worker.rest()


if __name__ == "__main__":
    the_worker = Worker()
    try:
        serve_commands(lambda command: answer(the_worker, command))
    finally:
        the_worker.rest()
