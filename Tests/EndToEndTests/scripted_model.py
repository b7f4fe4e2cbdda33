#!/usr/bin/env python3
"""A scripted model on loopback, for the real Codex CLI: no account, no network.

Serves POST /v1/responses as server-sent events. The model acts on the prompt like an agent: an
initializer writes the task list with one command, an executor ticks the next box with one (and
writes a line of work where it is in a git worktree), then each says that it is done. A line "model: entries=3" in the prompt sets the entries (default 3);
with "spawn" in it each first starts a sub-agent, which says that it is done.
Told that the check of the task fails, in the prompt or at the end of a turn, it makes the file "fixed-TASK".

A request with a schema for its messages is answered with a statement by that schema.

    scripted_model.py [--port N] [--limit FILE] [--served FILE] [--window PERCENT,SECONDS[,numbers]]

Prints the port when it is ready; 0 picks a free one. The last word of the file is how many seconds a
usage limit of the account lasts, from the first request that hits it; another text is another limit.
With a window each answer uses so many percent of what an account (the first part of the path, before
/v1) has for so many seconds, told in numbers where that is asked for; what is more is refused.
The tokens of each response are a line of the file that --served names.
"""
import argparse
import json
import math
import re
import shlex
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 1000},
    "output_tokens": 34,
    "output_tokens_details": {"reasoning_tokens": 10},
    "total_tokens": 1234,
}

# When each limit is over that a request has hit.
LIMITS = {}


class Window:
    """What an account has used."""

    accounts, lock = {}, threading.Lock()
    percent, seconds, tells = 0, 0, False

    def __init__(self):
        self.end, self.used = 0, 0

    @classmethod
    def take(cls, path):
        """Whether a request is served, with the account's window."""
        with cls.lock:
            window = cls.accounts.setdefault(path.split("/v1")[0], cls())
            if time.time() >= window.end:
                window.end, window.used = math.ceil(time.time() + cls.seconds), 0
            is_served = window.used + cls.percent <= 100
            if is_served:
                window.used += cls.percent
            return is_served, window

    @property
    def headers(self):
        name = "x-codex-primary-"
        return {
            name + "used-percent": str(self.used), name + "window-minutes": "300",
            name + "reset-at": str(self.end),
        } if self.tells else {}

# Files are replaced, not written: a session that is killed must not leave half of one.
INITIALIZE = """
import os, sys
directory, entries = sys.argv[1], int(sys.argv[2])
lines = ["# Task List", "", "## Tasks", ""]
lines += [f"- [ ] Task {n}: piece {n}" for n in range(1, entries + 1)]
temporary = f"{directory}/.list"
open(temporary, "w").write("\\n".join(lines) + "\\n")
open(f"{directory}/progress.md", "w").write("# Progress\\n\\n## Session 1\\n\\nWrote the list.\\n")
os.replace(temporary, f"{directory}/task_list.md")
"""

EXECUTE = """
import os, sys
path = sys.argv[1] + "/task_list.md"
text = open(path).read()
open(path + ".new", "w").write(text.replace("- [ ]", "- [x]", 1))
os.replace(path + ".new", path)
open(sys.argv[1] + "/progress.md", "a").write("\\n## Session\\n\\nTicked one.\\n")
# In a worktree .git is a file; there the work is one line more.
if os.path.isfile(".git"):
    open(os.path.basename(sys.argv[1]) + ".txt", "a").write("a piece\\n")
"""

MEND = """
import os, sys
open("fixed-" + os.path.basename(sys.argv[1]), "w").close()
"""


def command_for(prompt, told=False):
    """The shell command that does the prompt's work; None where there is nothing to do."""
    directory = re.search(r"^Task Directory: (.+)$", prompt, re.M)
    if not directory:
        return None
    words = ["python3", "-c"]
    mend = MEND if told or "The check of this task fail" in prompt else ""
    if told:
        words += [mend, directory[1]]
    elif "You are the Initializer Agent" in prompt:
        entries = re.search(r"^(?:Task: )?model:.*\bentries=(\d+)", prompt, re.M)
        words += [INITIALIZE, directory[1], entries[1] if entries else "3"]
    else:
        words += [mend + EXECUTE, directory[1]]
    return shlex.join(words)


def texts(item):
    content = item.get("content") or []
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))


def call(name, arguments, namespace=None):
    """A call of a tool as an output item."""
    item = {
        "type": "function_call", "id": "fc_" + uuid.uuid4().hex,
        "call_id": "call_" + uuid.uuid4().hex, "name": name,
        "arguments": json.dumps(arguments),
    }
    return {**item, "namespace": namespace} if namespace else item


def answer(request):
    """The output items of a turn: a command first, words after its result."""
    items = request.get("input", [])
    prompts = [n for n, i in enumerate(items)
               if i.get("role") == "user" and "Task Directory: " in texts(i)]
    start = prompts[-1] if prompts else 0
    # What a hook says at the turn's end is a message of its own.
    hooks = [n for n, i in enumerate(items) if n > start and i.get("role") == "user"
             and "The check of this task fails" in texts(i)]
    newest = hooks[-1] if hooks else start
    results = sum(i.get("type") == "function_call_output" for i in items[newest:])
    prompt = texts(items[start]) if prompts else ""
    command = command_for(prompt, told=bool(hooks)) if prompts else None
    if command and not hooks and re.search(r"^(?:Task: )?model:.*\bspawn\b", prompt, re.M):
        if results == 0:
            return [call("spawn_agent", {"message": "Say that you are done."}, "multi_agent_v1")]
        if results == 1:
            words = json.dumps(items[start:])
            child = re.findall(r'agent_id\W+([0-9a-f]{8}-[0-9a-f-]{27})', words)
            return [call("wait_agent", {"targets": child}, "multi_agent_v1")]
        results -= 2
    if command and results == 0:
        return [call("exec_command", {"cmd": command, "yield_time_ms": 10000})]
    form = request.get("text", {}).get("format", {}).get("type")
    statement = {"status": "progress", "question": None, "evidence": "scripted"}
    return [{
        "type": "message", "id": "msg_" + uuid.uuid4().hex, "role": "assistant",
        "content": [{
            "type": "output_text",
            "text": json.dumps(statement) if form == "json_schema" else "Done.",
        }],
    }]


def limit(path):
    """When the usage limit is over; None while there is none."""
    try:
        words = open(path).read()
        seconds = float(words.split()[-1])
    except (OSError, TypeError, ValueError, IndexError):
        return None
    over = LIMITS.setdefault(words, time.time() + seconds)
    return over if over > time.time() else None


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    limit = None
    served = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not self.path.endswith("/responses"):
            self.send_error(404)
            return
        over = limit(self.limit)
        if over:
            self.refuse(over)
            return
        headers = {}
        if Window.percent:
            is_served, window = Window.take(self.path)
            if not is_served:
                self.refuse(window.end)
                return
            headers = window.headers
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        identity = "resp_" + uuid.uuid4().hex
        self.event("response.created", response={"id": identity})
        for index, item in enumerate(answer(json.loads(body))):
            self.event("response.output_item.added", output_index=index, item=item)
            self.event("response.output_item.done", output_index=index, item=item)
        if self.served:
            with open(self.served, "a") as file:
                file.write(f"{USAGE['total_tokens']}\n")
        self.event("response.completed", response={"id": identity, "usage": USAGE})
        self.close_connection = True

    def refuse(self, over):
        error = {"type": "usage_limit_reached", "message": "The usage limit has been reached",
                 "plan_type": "plus", "resets_at": int(over)}
        data = json.dumps({"error": error}).encode()
        self.send_response(429)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def event(self, kind, **fields):
        data = json.dumps({"type": kind, **fields})
        self.wfile.write(f"event: {kind}\ndata: {data}\n\n".encode())

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        # A session that is killed hangs up.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--limit")
    parser.add_argument("--window")
    parser.add_argument("--served")
    arguments = parser.parse_args()
    Model.limit, Model.served = arguments.limit, arguments.served
    if arguments.window:
        words = arguments.window.split(",")
        Window.percent, Window.seconds = float(words[0]), float(words[1])
        Window.tells = words[2:] == ["numbers"]
    server = Server(("127.0.0.1", arguments.port), Model)
    print(server.server_port, flush=True)
    # Ends with whoever holds its standard input.
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
