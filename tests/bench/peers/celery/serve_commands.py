"""Answers each line of standard input with one on standard output (commands.ts)."""

import json
import sys


def serve_commands(answer):
    for line in sys.stdin:
        try:
            reply = {"answer": answer(json.loads(line))}
        except Exception as error:  # Whatever it is, the bench must hear of it.
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)
