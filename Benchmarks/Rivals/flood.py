#!/usr/bin/env python3
"""Floods the control socket of a run with requests until the run ends, and prints how many it offered a
second and how many were answered: `flood.py STATE_DIRECTORY`."""
import glob
import json
import os
import selectors
import socket
import sys
import time

CLIENTS = 8
OFFERED = 10_000


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.setblocking(False)
    return client


def request(number):
    """A change, a refusal and a look for tasks, in turns."""
    kinds = [{"request": "set", "priorities": [{"tasks": ["t0"], "priority": number % 7}]},
             {"request": "stop", "tasks": ["nothing*"]}, {"request": "resume"}]
    message = {"protocol": 1, "id": number, "client": "flood"} | kinds[number % 3]
    return json.dumps(message).encode() + b"\n"


def main():
    pattern = sys.argv[1] + "/control-*.sock"
    while not glob.glob(pattern):
        time.sleep(0.005)
    began = time.monotonic()
    selector = selectors.DefaultSelector()
    waiting = {}
    offered = answered = 0
    try:
        for _ in range(CLIENTS):
            client = connect(glob.glob(pattern)[0])
            selector.register(client, selectors.EVENT_READ)
            waiting[client] = b""
        while True:
            due = int((time.monotonic() - began) * OFFERED) - offered
            for number in range(min(due, 1000)):
                client = list(waiting)[number % CLIENTS]
                # What the run does not take is dropped here: a flood waits for nobody.
                if len(waiting[client]) < 1 << 18:
                    waiting[client] += request(offered)
                offered += 1
            for client, left in waiting.items():
                if left:
                    try:
                        waiting[client] = left[client.send(left):]
                    except BlockingIOError:
                        pass
            for key, _ in selector.select(0.001):
                bytes = key.fileobj.recv(1 << 16)
                if not bytes:
                    return
                answered += bytes.count(b'"accepted"')
    except (OSError, IndexError):
        pass
    finally:
        seconds = max(0.001, time.monotonic() - began)
        print(json.dumps({"offered": offered / seconds, "answered": answered / seconds}), flush=True)


main()
