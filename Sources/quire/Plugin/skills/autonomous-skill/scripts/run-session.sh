#!/bin/sh
# Runs one autonomous task over many Codex sessions, by Quire: `quire task` takes the arguments of the original
# autonomous-skill script, and keeps its words, its files and its exit statuses.
#   run-session.sh "task description"
#   run-session.sh --task-name NAME --continue
#   run-session.sh --list
#   run-session.sh --help
if ! command -v quire >/dev/null 2>&1; then
    echo "✗ Required command 'quire' not found" >&2
    echo "Please install Quire: in a clone of its repository run config/release, then" \
        "install .build/quire /usr/local/bin/, or put the file into another directory of PATH" >&2
    exit 1
fi
exec quire task "$@"
