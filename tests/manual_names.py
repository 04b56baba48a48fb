#!/usr/bin/env python3
"""manual_names.py - every log event and every metric of the sources stands in sportellod(8), every notice in doc/templates.md, and nothing else
does; and what a comment names as a file is one. Ends with "N passed, N failed".

Events are the second argument of log_event(), or in arrays called events; metrics are what daemon_metrics.c names.
"""
import glob, json, os, re, sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
NAME = r'"([a-z]+(?:\.[a-z_-]+)+)"'


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def events():
    found = set()
    for path in glob.glob(os.path.join(TOP, "src", "*", "*.c")):
        text = read(os.path.relpath(path, TOP))
        for arguments in re.findall(r"log_event\(((?:[^;]|;(?=[^\n]))*?)(?:NULL\)|\);)", text):
            found.update(re.findall(NAME, arguments.split(", \"why\"")[0])[:2])
        for array in re.findall(r"\bevents\[\] = \{([^}]*)\}", text):
            found.update(re.findall(NAME, array))
    return found


def metrics():
    return {"sportello_" + name for name in re.findall(r'\b(?:value|metric)\(&?out, "([a-z_]+)"', read("src/daemon/daemon_metrics.c"))}


def watched():
    """Metrics that the alert rules and the dashboard ask for, which must be JSON."""
    text = read("contrib/monitoring/dashboard.json")
    asked = "".join(target["expr"] + "\n" for panel in json.loads(text)["panels"] for target in panel["targets"])
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"sportello_[a-z_]+", asked + "".join(re.findall(r"expr: (.*)", read("contrib/monitoring/alerts.yml"))))}


def notices():
    return set(re.findall(r'^\t\{"([a-z-]+)", NOTICE_TO_', read("src/desk/desk_notice_table.c"), re.M))


def notices_told():
    told = re.search(r"^To customers: (.*?)\n\n", read("doc/templates.md"), re.S | re.M).group(1)
    return set(re.findall(r"`([a-z-]+)`", told))


def complaints():
    return set(re.findall(r"^\| (\d+) \|", read("doc/complaints.md"), re.M))


def complaints_tried():
    """Numbers of complaints that a test has in its name."""
    names = [name for path in glob.glob("tests/**/*.py", recursive=True) + glob.glob("tests/**/*.c", recursive=True)
             for name in re.findall(r"(?:def test_|static void (?:complaint_)?_?)(\d\d?|1\d\d)_", read(path))]
    return set(str(int(name)) for name in names)


def cited():
    """{file: files that it names in comments}: names of C, Python and shell with a room's or a folder's name, or in a comment of C."""
    found = {}
    for path in glob.glob("src/*/*.[ch]") + glob.glob("include/*.h") + glob.glob("tests/**/*.[ch]", recursive=True):
        comments = " ".join(re.findall(r"/\*.*?\*/", read(path), re.S))
        found[path] = set(re.findall(r"(?<![\w/.<\"$-])((?:[\w-]+/)*[\w-]+\.(?:[ch]|py|sh))\b(?![\w(*])", comments))
    for path in glob.glob("tests/**/*.py", recursive=True) + glob.glob("doc/*.md") + ["HACKING.md", "README.md"]:
        found[path] = set(re.findall(r"(?<![\w/.<\"$*-])((?:[\w-]+/)*[\w-]+\.(?:h|py|sh))\b(?![\w(*])", read(path)))
    return found


# What is named and lies elsewhere: programs that write hostile mails (SPORTELLO_GENERATORS), the kernel's own header.
ELSEWHERE = {"gen.py", "gen2.py", "include/uapi/linux/landlock.h"}


def missing_files():
    names = {os.path.join(*path.split(os.sep)[-n:]) for path in glob.glob("**", recursive=True) if not path.startswith("build") for n in range(1, path.count(os.sep) + 2)}
    return ["%s names %s" % (path, name) for path, cites in sorted(cited().items()) for name in sorted(cites - names - ELSEWHERE)]


def section(page, title):
    return re.search(r"^\.S[sh] %s\n(.*?)(?=^\.S[sh] )" % title, page, re.S | re.M).group(1)


def main():
    os.chdir(TOP)
    page, passed, failed = read("man/sportellod.8"), 0, 0
    for title, wanted, pattern in (("Log", events(), r"^\.It Cm ([a-z_.-]+)$"), ("Metrics", metrics(), r"^\.It Cm ([a-z_]+)$")):
        told = set(re.findall(pattern, section(page, title), re.M))
        assert wanted, "no %s found in the sources" % title
        for name in sorted(wanted - told):
            print("FAILED: sportellod(8) says nothing of %s" % name)
        for name in sorted(told - wanted):
            print("FAILED: sportellod(8) tells of %s, which no source has" % name)
        passed += len(wanted & told)
        failed += len(wanted ^ told)
    for name in sorted(complaints() ^ complaints_tried(), key=int):
        print("FAILED: complaint %s: doc/complaints.md tells of it, and a test has its number, or neither" % name)
    passed += len(complaints() & complaints_tried())
    failed += len(complaints() ^ complaints_tried())
    for name in sorted(notices() ^ notices_told()):
        print("FAILED: desk_notice_table.c and doc/templates.md do not both have %s" % name)
    passed += len(notices() & notices_told())
    failed += len(notices() ^ notices_told())
    for name in sorted(watched() - metrics()):
        print("FAILED: contrib/monitoring asks for %s, which no source has" % name)
    passed += len(watched() & metrics())
    failed += len(watched() - metrics())
    for words in missing_files():
        print("FAILED: %s, which is not in the tree" % words)
    passed, failed = passed + 1, failed + len(missing_files())
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


main()
