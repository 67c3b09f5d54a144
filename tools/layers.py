#!/usr/bin/env python3
"""layers.py SRC: every #include "folder/..." points to the same folder or to one further down.

The folders stand here from the bottom up; a pure folder may include pure ones only. See
docs/architecture.md.
"""
import pathlib
import re
import sys

ORDER = [
    # (folders of one rank: they do not know each other, pure)
    (["util"], True),
    (["codec", "engine", "spf"], True),
    (["acl"], True),
    (["conf"], True),
    (["net"], False),
    (["dns", "geo", "store"], False),
    (["scan"], False),
    (["session"], False),
    (["child"], False),
    (["policy", "milter", "ctl", "web"], False),
    (["."], False),
    (["cli"], False),
]
RANK = {name: rank for rank, (names, _) in enumerate(ORDER) for name in names}
PURE = {name for names, pure in ORDER if pure for name in names}
IMPURE_HEADERS = re.compile(r'#include <(uv|unbound|lmdb|maxminddb|sys/socket|pthread|microhttpd)[./]?')
IMPURE_ALLOWED = {"util/log.c"}          # one thread that writes; nothing of it is seen outside


def check(src):
    for path in sorted(src.rglob("*.[ch]")):
        rel = path.relative_to(src)
        here = rel.parts[0] if len(rel.parts) > 1 else "."
        if here not in RANK:
            yield f"{rel}: folder {here} has no place in tools/layers.py"
            continue
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if here in PURE and IMPURE_HEADERS.match(line) and str(rel) not in IMPURE_ALLOWED:
                yield f"{rel}:{number}: {here}/ is pure: {line}"
            if "uv.h" in line and line.startswith("#include") and here not in ("net", "util"):
                yield f"{rel}:{number}: only net/ knows libuv"
            found = re.match(r'#include "([^"]+)"', line)
            if not found:
                continue
            there = found[1].split("/")[0] if "/" in found[1] else "."
            if there not in RANK:
                yield f"{rel}:{number}: unknown folder in {line}"
            elif there != here and RANK[there] >= RANK[here]:
                yield f"{rel}:{number}: {here}/ may not include {there}/"


def main():
    wrong = list(check(pathlib.Path(sys.argv[1])))
    print("\n".join(wrong) if wrong else "layers are in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
