"""What a CommonMark parser sees in Markdown texts: an independent opinion on checklists.

Reads a JSON list of texts from the file named first, and prints one JSON object a text: the entries
under "## Tasks", and whether a fence or a comment is never closed.
"""

import json
import re
import sys

from markdown_it import MarkdownIt

ENTRY = re.compile(r"- \[([ xX])\] Task ([0-9]+):\s*\S")


def is_closed(token, lines):
    """Whether the last line of a fence, inside whatever it is in, closes it."""
    if token.map[1] - token.map[0] < 2 or token.map[1] > len(lines):
        return False
    line = lines[token.map[1] - 1]
    if token.level == 0 and line.expandtabs(4).startswith("    "):
        return False
    last = line.strip(" \t")
    mark = token.markup
    return len(last) >= len(mark) and set(last) == {mark[0]}


def look(parser, text):
    text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    entries, is_open = [], False
    in_tasks = False
    tokens = parser.parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.markup == "##":
            in_tasks = tokens[place + 1].content == "Tasks"
        elif token.type == "list_item_open" and token.level == 1 and in_tasks:
            match = ENTRY.match(lines[token.map[0]])
            if match:
                entries.append([int(match[2]), match[1] != " "])
        elif token.type == "fence" and not is_closed(token, lines):
            is_open = True
        elif token.type == "html_block" and token.content.lstrip().startswith("<!--"):
            is_open = is_open or "-->" not in token.content
    return {"entries": entries, "isOpen": is_open}


with open(sys.argv[1], encoding="utf-8") as file:
    texts = json.load(file)
commonmark = MarkdownIt("commonmark")
commonmark.core.ruler.disable("inline")
json.dump([look(commonmark, text) for text in texts], sys.stdout)
