#!/usr/bin/env python3
"""Reduces published data sets to what training uses, and writes one .jsonl file for each.

usage: reduce.py FOLDER, where FOLDER holds the sets under the names used below.

A line is {"text", "language", "labels"} and, where it applies, "unknown" (labels about which the
set says nothing) and "group" (examples that must stay on one side of a split, such as the posts of
one channel). Texts are cut, exact duplicates are dropped, and nothing else of the sets is kept.
"""

import csv
import hashlib
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAX_CHARS = 600

# Lines of tg-spam's spam samples (from 1) that promise money or goods nobody will get, as read by
# a person; the others advertise.
TG_SPAM_FRAUD = {
    *range(1, 15), 16, *range(18, 26), *range(27, 33), 37, 48, 62, 68, 72, 80, 82,
    *range(84, 90), *range(91, 104), 106, 108, *range(110, 118), *range(120, 126),
    *range(127, 131), *range(133, 136), *range(137, 142), *range(144, 149), 150, 151, 153,
    *range(155, 158), *range(160, 167), *range(168, 181),
}

# Categories of DarkGram that say something about our two labels. Posts about pirated goods and
# stolen passwords belong to labels of their own, for which there is no benign counterpart yet.
DARKGRAM = {
    "blackhat_resources": ["spam", "fraud"],
    "social_media_manipulation": ["spam"],
}
DARKGRAM_POSTS_PER_CHANNEL = 30

# What stands in for a person or a number in DarkGram occurs nowhere else; kept, it would be all
# that a model learns. A masked link or handle becomes a link or handle again.
MASKED_LINK = re.compile(r"\[URL:([A-Za-z0-9.-]+)\]")
MASKED_HANDLE = re.compile(r"\[HANDLE\]")
OTHER_MASK = re.compile(r"\[[A-Za-z_]+(:[^\]]*)?\]|<[A-Z_]+>")


def unmask(text):
    text = MASKED_LINK.sub(r"https://\1/", text)
    text = MASKED_HANDLE.sub("@channel", text)
    text = OTHER_MASK.sub(" ", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def place(*words):
    """A stable number for a choice that must not depend on the order of a file."""
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:8], "big")


def some(rows, count):
    return sorted(rows, key=lambda row: place(row["text"]))[:count]


def language(text):
    cyrillic = len(re.findall(r"[\u0400-\u04ff]", text))
    latin = len(re.findall(r"[A-Za-z]", text))
    return "ru" if cyrillic > latin / 4 else "en"


def tg_spam(folder):
    for number, text in enumerate(lines(folder / "spam-samples.txt"), 1):
        labels = ["spam", "fraud"] if number in TG_SPAM_FRAUD else ["spam"]
        yield {"text": text, "language": language(text), "labels": labels}
    for text in lines(folder / "ham-samples.txt"):
        yield {"text": text, "language": language(text), "labels": []}


def sms(folder):
    for line in lines(folder / "spam.tsv"):
        label, _, text = line.partition("\t")
        if label == "spam":
            yield {"text": text, "language": "en", "labels": ["spam"], "unknown": ["fraud"]}
        else:
            yield {"text": text, "language": "en", "labels": []}


def darkgram(folder):
    channels = {}
    for line in lines(folder / "posts.jsonl"):
        post = json.loads(line)
        text = unmask(post["text"])
        if post["category"] in DARKGRAM and len(text) >= 60:
            row = {
                "text": text,
                "language": "en" if text.isascii() or language(text) == "en" else "ru",
                "labels": DARKGRAM[post["category"]],
                "group": post["channel"],
            }
            channels.setdefault(post["channel"], []).append(row)
    for posts in channels.values():
        yield from some(posts, DARKGRAM_POSTS_PER_CHANNEL)


def davidson(folder):
    with open(folder / "labeled_data.csv", encoding="utf-8", newline="") as file:
        rows = [
            {"text": unescape(row["tweet"]), "language": "en", "labels": []}
            for row in csv.DictReader(file)
            if row["class"] == "2"
        ]
    yield from some(rows, 2000)


def germeval(folder):
    rows = []
    for name in ("germeval2018.training.txt", "germeval2018.test.txt"):
        for line in lines(folder / name):
            text, label, _ = line.split("\t")
            if label == "OTHER":
                text = unescape(text.replace("|LBR|", "\n"))
                rows.append({"text": text, "language": "de", "labels": []})
    yield from some(rows, 2000)


def tgcontest(folder):
    for line in lines(folder / "docs.jsonl"):
        doc = json.loads(line)
        text = f"{doc['title']}\n{doc['text']}"
        yield {"text": text, "language": doc["lang"], "labels": []}


def unescape(text):
    return text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")


def lines(path):
    # Only LF ends a line: the texts hold other characters that splitlines() would cut at.
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def write(name, rows):
    seen = set()
    path = HERE / f"{name}.jsonl"
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            row["text"] = row["text"].strip()[:MAX_CHARS]
            key = " ".join(row["text"].lower().split())
            if len(key) < 2 or key in seen:
                continue
            seen.add(key)
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{path.name}: {len(seen)} texts, {path.stat().st_size} bytes")


def main():
    folder = Path(sys.argv[1])
    write("tg-spam", tg_spam(folder / "tg-spam-samples"))
    write("sms", sms(folder / "sms-spam-collection"))
    write("darkgram", darkgram(folder / "darkgram-telegram-posts"))
    write("davidson", davidson(folder / "davidson-hate-2017"))
    write("germeval", germeval(folder / "germeval-2018"))
    write("tgcontest", tgcontest(folder / "tgcontest-news-categories"))


if __name__ == "__main__":
    main()
