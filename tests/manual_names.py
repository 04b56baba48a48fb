#!/usr/bin/env python3
"""manual_names.py - every log event and every metric of the sources stands in sportellod(8), every notice in doc/templates.md, and nothing else
does. Ends with "N passed, N failed".

Events are the second argument of log_event(), or in arrays called events; metrics are what daemon_pages.c names.
"""
import glob, os, re, sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
NAME = r'"([a-z]+(?:\.[a-z_]+)+)"'


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
    return {"sportello_" + name for name in re.findall(r'\b(?:value|metric)\(&?out, "([a-z_]+)"', read("src/daemon/daemon_pages.c"))}


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
             for name in re.findall(r"(?:def test_|static void (?:complaint_)?_?)(\d\d?)_", read(path))]
    return set(str(int(name)) for name in names)


def section(page, title):
    return re.search(r"^\.S[sh] %s\n(.*?)(?=^\.S[sh] )" % title, page, re.S | re.M).group(1)


def main():
    page, passed, failed = read("man/sportellod.8"), 0, 0
    for title, wanted, pattern in (("Log", events(), r"^\.It Cm ([a-z_.]+)$"), ("Metrics", metrics(), r"^\.It Cm ([a-z_]+)$")):
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
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


main()
