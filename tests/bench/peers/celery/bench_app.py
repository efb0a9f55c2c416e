"""The Celery peer's program, which its producer and its worker both load."""

import json
import os
import time

from celery import Celery, signals

DIRECTORY = os.environ["BENCH_DIRECTORY"]
PAYLOAD = json.loads(os.environ["BENCH_PAYLOAD"])

QUEUE = os.path.join(DIRECTORY, "queue")
RESULTS = os.path.join(DIRECTORY, "results")
NOTIFICATIONS = os.path.join(DIRECTORY, "notifications")
STARTS = os.path.join(DIRECTORY, "starts")
ENDS = os.path.join(DIRECTORY, "ends")
HANDED_IN = os.path.join(DIRECTORY, "handed_in")
READY = os.path.join(DIRECTORY, "ready")

app = Celery("bench_app", broker="filesystem://", backend="file://" + RESULTS)
app.conf.broker_transport_options = {
    "data_folder_in": QUEUE,
    "data_folder_out": QUEUE,
    # Moving a message away is cheaper than removing it, and removed files slow down others' creates.
    "store_processed": True,
    "processed_folder": os.path.join(DIRECTORY, "processed"),
}


def now():
    """Milliseconds since the epoch."""
    return time.time_ns() / 1e6


_open_files = {}


def append(path, line):
    """Adds a line to a file that stays open: this is the bench's work, not Celery's."""
    if path not in _open_files:
        _open_files[path] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(_open_files[path], (line + "\n").encode())


@app.task(name="bench", bind=True)
def bench(self, conversation_id, prompt):
    append(STARTS, f"{self.request.id} {now()}")
    notification = {
        "id": f"notification-{self.request.id}",
        "task_id": self.request.id,
        "conversation_id": conversation_id,
        "outcome": "completed",
        "prompt": prompt,
        "result": "done",
        "created_at": now(),
    }
    append(os.path.join(NOTIFICATIONS, conversation_id), json.dumps(notification))
    return "done"


@signals.task_postrun.connect
def on_end(task_id=None, state=None, **_):
    """Runs when the result has been stored."""
    append(ENDS, f"{task_id} {now()} {state}")


@signals.worker_ready.connect
def on_ready(**_):
    append(READY, str(os.getpid()))
