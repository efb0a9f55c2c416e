"""The producer of the Celery peer, in a process of its own."""

import json
import os
import re
import time
import uuid

from bench_app import HANDED_IN, NOTIFICATIONS, PAYLOAD, QUEUE, RESULTS, append, bench, now
from serve_commands import serve_commands

MESSAGE = ".celery.msg"
# In the name of a message that `fill` has made.
COPY = re.compile(r"_\d{9}-")


def messages():
    return [name for name in os.listdir(QUEUE) if name.endswith(MESSAGE)]


def hand_in():
    at = now()
    return {"id": bench.apply_async(kwargs=PAYLOAD).id, "at": at}


def enqueue(count):
    began = time.monotonic()
    for _ in range(count):
        hand_in()
    return (time.monotonic() - began) * 1000


def hand_in_steadily(count, rate):
    began = time.monotonic()
    handed = []
    for n in range(count):
        time.sleep(max(0, began + n / rate - time.monotonic()))
        handed.append(hand_in())
    return handed


def fill(count):
    """Hands in one job, and copies its message under other ids: ten times as fast as handing in."""
    before = set(messages())
    task_id = hand_in()["id"]
    (name,) = set(messages()) - before
    with open(os.path.join(QUEUE, name), encoding="utf-8") as file:
        text = file.read()
    tag = json.loads(text)["properties"]["delivery_tag"]
    for n in range(1, count):
        copy = text.replace(task_id, str(uuid.uuid4())).replace(tag, str(uuid.uuid4()))
        # The names sort in the order in which the jobs were handed in.
        path = os.path.join(QUEUE, name.replace("_", f"_{n:09}-", 1))
        with open(path, "x", encoding="utf-8") as file:
            file.write(copy)


def fill_up(count):
    """Hands in as many as are missing until so many wait."""
    missing = count - len(messages())
    if missing > 0:
        fill(missing)
        append(HANDED_IN, str(missing))


def check_none_lost():
    """Each job that `fill_up` handed in waits or is done, and none was done twice."""
    with open(HANDED_IN, encoding="utf-8") as file:
        handed_in = sum(int(line) for line in file)
    done, notified = kept_results(), notified_jobs()
    if len(notified) != len(done) or set(notified) != done:
        raise RuntimeError(f"{len(done)} jobs are done, but {len(notified)} notifications are there")
    forget_done(done)
    waiting = len(messages())
    if waiting + len(done) != handed_in:
        raise RuntimeError(f"of {handed_in} jobs {waiting} wait and {len(done)} are done")


def forget_done(done):
    """A worker that is stopped in the middle hands in again what it has just done."""
    for name in messages():
        if COPY.search(name):
            continue
        path = os.path.join(QUEUE, name)
        with open(path, encoding="utf-8") as file:
            task_id = json.load(file)["headers"]["id"]
        if task_id in done:
            os.remove(path)


def check_waiting(count):
    waiting = len(messages())
    if waiting != count:
        raise RuntimeError(f"{waiting} jobs wait, not {count}")


def check_done(count):
    """All are done, once each, with result and notification, and none is left."""
    check_waiting(0)
    results = kept_results()
    if len(results) != count:
        raise RuntimeError(f"{len(results)} results are kept, not {count}")
    notified = notified_jobs()
    if len(notified) != count or set(notified) != results:
        raise RuntimeError(f"{count} jobs, but {len(notified)} notifications")


def kept_results():
    """The ids of the jobs whose result is kept."""
    kept = set()
    for name in os.listdir(RESULTS):
        with open(os.path.join(RESULTS, name), encoding="utf-8") as file:
            result = json.load(file)
        if result["status"] == "SUCCESS" and result["result"] == "done":
            kept.add(result["task_id"])
    return kept


def notified_jobs():
    path = os.path.join(NOTIFICATIONS, PAYLOAD["conversation_id"])
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["task_id"] for line in file]


def answer(command):
    do = command["do"]
    if do == "enqueue":
        return enqueue(command["count"])
    if do == "fill":
        return fill(command["count"])
    if do == "fill_up":
        return fill_up(command["count"])
    if do == "hand_in":
        return hand_in()
    if do == "hand_in_steadily":
        return hand_in_steadily(command["count"], command["rate"])
    if do == "check_none_lost":
        return check_none_lost()
    if do == "check_waiting":
        return check_waiting(command["count"])
    return check_done(command["count"])


if __name__ == "__main__":
    serve_commands(answer)
