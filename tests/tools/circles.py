#!/usr/bin/env python3
"""circles.py - files of one room that need each other in a circle: strongly connected components of "file A uses a symbol that
file B defines", from nm of the objects, at whatever optimisation they were built.

  python3 tests/tools/circles.py [BUILD]     fails (1) on a circle that does not stand in ALLOWED, and on a line there that is none
  python3 tests/tools/circles.py -v [BUILD]  says which symbols close each circle, too

An entry of ALLOWED is a whole circle, exactly, with the reason why its files are better apart and in a circle.
"""
import os
import subprocess
import sys

ALLOWED = {
    # `help` is a command like any other, so it stands in the table of commands; and help is made from that table.
    "cli_commands cli_complete cli_help": "a table, and the printers of it that are rows of it",
}


def symbols(objects):
    """{object: (defined, used)}, external symbols only."""
    out = {o: (set(), set()) for o in objects}
    text = subprocess.run(["nm", "-g", "-A", *objects], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        name, rest = line.split(":", 1)
        kind, symbol = rest.split()[-2:]
        out[name][kind in "Uwv"].add(symbol)
    return out


def graph(room, build):
    folder = f"{build}/obj/src/{room}"
    files = [f[:-2] for f in sorted(os.listdir(f"src/{room}")) if f.endswith(".c")]
    objects = {f"{folder}/{f}.o": f for f in files if os.path.exists(f"{folder}/{f}.o")}
    if files and not objects:
        sys.exit(f"no objects of src/{room} in {build}: make first")
    if not objects:
        return {}
    found = symbols(list(objects))
    home = {s: objects[o] for o, (defined, _) in found.items() for s in defined}
    edges = {f: {} for f in objects.values()}
    for o, (_, used) in found.items():
        for s in used:
            if home.get(s, objects[o]) != objects[o]:
                edges[objects[o]].setdefault(home[s], set()).add(s)
    return edges


def components(edges):
    """Tarjan's, without recursion's limit being a matter: a room has some dozens of files."""
    index, low, stack, out = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in edges[v]:
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            at = stack.index(v)
            out.append(sorted(stack[at:]))
            del stack[at:]

    for v in sorted(edges):
        if v not in index:
            visit(v)
    return [c for c in out if len(c) > 1]


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    build = arguments[0] if arguments else os.environ.get("BUILD", "build")
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    found = {}
    for room in sorted(os.listdir("src")):
        edges = graph(room, build)
        for circle in components(edges):
            found[" ".join(circle)] = (circle, edges)
    bad = 0
    for name, (circle, edges) in found.items():
        if name not in ALLOWED:
            bad += 1
            print(f"a circle: {name}")
        if "-v" in sys.argv:
            for a in circle:
                for b in circle:
                    if b in edges[a]:
                        print(f"    {a} -> {b}: {' '.join(sorted(edges[a][b]))}")
    for name in ALLOWED:
        if name not in found:
            bad += 1
            print(f"no circle any more, take it off the list: {name}")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
