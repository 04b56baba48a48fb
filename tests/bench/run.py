#!/usr/bin/env python3
"""run.py [ROUNDS [CASE]] - make bench: Sportello beside a floor and, where installed, Postfix smtp-sink, in one run, alternating. Ratios first.

Each figure is the median of ROUNDS (5) rounds; in each round every candidate is measured, one after the other, on a fresh store. The
machine's disk and processors change from minute to minute: only ratios of one run mean anything.
"""
import json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(TOP, "build")))
TOOLS = os.path.join(BUILD, "bench")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""         # cases whose name contains it
CASES = [("1 connection, 2 KB", 1, 3000, 2048), ("20 connections, 2 KB", 20, 12000, 2048), ("20 connections, 20 KB", 20, 4000, 20480),
         ("20 connections, 1 MB", 20, 300, 1 << 20)]


CASES = [case for case in CASES if ONLY in case[0]]


def compile_tools():
    os.makedirs(TOOLS, exist_ok=True)
    for name, libraries in (("load", ["-lpthread"]), ("floor", ["-lsqlite3", "-lpthread"])):
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", os.path.join(TOOLS, name), os.path.join(HERE, name + ".c")] + libraries, check=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(500):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as s:
                if s.recv(3):
                    return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("nothing answers on port %d" % port)


def start_floor(directory, port):
    return subprocess.Popen([os.path.join(TOOLS, "floor"), str(port), os.path.join(directory, "floor.db")])


def start_sportello(directory, port, more=""):
    conf = os.path.join(directory, "sportello.conf")
    with open(conf, "w") as f:
        f.write('desk: { name = "Bench"; domain = "example.org"; state_dir = "%s/state"; acknowledgements_per_hour = 100000; };\n' % directory)
        # Outgoing mail is written to the outbox but not sent: nobody listens there. The rate is that of the intake.
        f.write('lmtp: { listen = [ "127.0.0.1:%d" ]; };\nweb: { listen = ""; };\nrelay: { url = "smtp://127.0.0.1:9"; };\nlog: { level = "warning"; };\n' % port)
        f.write('agents: ( { name = "bob"; email = "bob@example.net"; display = "Bob"; } );\n')
        f.write('queues: ( { name = "support"; address = "support@example.org"; description = "all"; agents = [ "bob" ]; kb = "off"; } );\n' + more)
    return subprocess.Popen([os.path.join(BUILD, "sportellod"), "-c", conf], stderr=open(os.path.join(directory, "log"), "wb"))


def start_rules(directory, port):
    """40 scripts and 20 keyword sets, none of which keeps the mail from the queue it was sent to."""
    os.makedirs(os.path.join(directory, "rules"))
    for i in range(40):
        with open(os.path.join(directory, "rules", "%02d.sieve" % i), "w") as f:
            tests = ['header :contains "subject" "project %d"' % i, 'address :domain :is "from" "partner%d.example"' % i, 'header :is "x-sportello" "kw:set%d"' % (i % 20)]
            f.write('require "imap4flags";\nif %s { addflag "tag:t%d"; }\n' % (tests[i % 3], i))
    words = ["printer%d", "invoice%d", "vpn%d", "password%d"]
    keywords = ", ".join('{ name = "set%d"; any = [ %s ]; }' % (i, ", ".join('"%s"' % (w % i) for w in words)) for i in range(20))
    return start_sportello(directory, port, 'rules_dir = "%s/rules";\nkeywords: ( %s );\n' % (directory, keywords))


def start_sink(directory, port):
    return subprocess.Popen(["smtp-sink", "-L", "-u", "nobody", "127.0.0.1:%d" % port, "200"], stderr=subprocess.DEVNULL)


def memory(pid):
    try:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            return sum(int(line.split()[1]) for line in f if line.startswith("Pss:")) / 1024
    except OSError:
        return 0.0


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(start, case):
    _, sessions, mails, size = case
    directory, port = tempfile.mkdtemp(prefix="sportello-bench-"), free_port()
    process = start(directory, port)
    try:
        wait_for(port)
        load = [os.path.join(TOOLS, "load"), "-s", str(sessions), "-m", str(mails), "-l", str(size), "127.0.0.1:%d" % port]
        before = cpu(process.pid)
        out = subprocess.run(load, capture_output=True, text=True, timeout=300).stdout.split()
        return {"rate": float(out[0]), "p50": float(out[1]), "p99": float(out[2]), "failed": int(out[3]), "mb": memory(process.pid),
                "cpu": (cpu(process.pid) - before) / mails * 1e6}
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def candidates():
    found = [("sportello", start_sportello), ("floor", start_floor), ("with rules", start_rules)]
    if shutil.which("smtp-sink") and os.geteuid() == 0:
        found.append(("smtp-sink", start_sink))
    return found


def explain_speed():
    """One mail of 2 KB and one of 25 MB through `sportello explain`: seconds a mail, memory above that of a small one."""
    directory = tempfile.mkdtemp(prefix="sportello-bench-")
    try:
        small, large = os.path.join(directory, "small.eml"), os.path.join(directory, "large.eml")
        with open(small, "w") as f:
            f.write("From: a@example.org\nTo: b@example.org\nSubject: small\nMessage-ID: <a@b>\n\n" + "Some words of a mail that is not long.\n" * 48)
        with open(large, "w") as f:
            f.write("From: a@example.org\nSubject: large\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee it.\n--b\n"
                    "Content-Type: application/pdf; name=x.pdf\nContent-Transfer-Encoding: base64\n\n" + ("QUJD" * 19 + "\n") * 330000 + "--b--\n")
        def run(files):
            begin = time.monotonic()
            done = subprocess.Popen([os.path.join(BUILD, "sportello"), "--json", "explain"] + files, stdout=subprocess.DEVNULL)
            _, _, usage = os.wait4(done.pid, 0)
            return time.monotonic() - begin, usage.ru_maxrss / 1024
        one, memory_small = run([small])
        many, _ = run([small] * 2001)
        seconds, memory_large = run([large])
        print("explain: %.3f ms a mail of 2 KB; 25 MB: %.2f s, %.1f MB of memory above a small one" % ((many - one) / 2, seconds, memory_large - memory_small))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    compile_tools()
    results = {}
    names = [name for name, _ in candidates()]
    for round_ in range(ROUNDS):
        for case in CASES:
            for name, start in candidates():
                result = measure(start, case)
                if result["failed"]:
                    print("!! %s, %s: %d mails were not accepted" % (name, case[0], result["failed"]), flush=True)
                results.setdefault((case[0], name), []).append(result)
        print("round %d of %d" % (round_ + 1, ROUNDS), file=sys.stderr, flush=True)
    median = lambda case, name, key: statistics.median(r[key] for r in results[case, name])
    print("%-24s %s" % ("", "".join("%22s" % ("sportello : " + n) for n in names[1:])))
    for case in CASES:
        print("%-24s %s" % (case[0], "".join("%22.2f" % (median(case[0], "sportello", "rate") / median(case[0], n, "rate")) for n in names[1:])))
    print("\n%-24s %-12s %10s %9s %9s %9s %12s" % ("medians of %d" % ROUNDS, "", "mails/s", "p50 ms", "p99 ms", "PSS MB", "cpu us/mail"))
    for case in CASES:
        for name in names:
            print("%-24s %-12s %10.0f %9.2f %9.2f %9.1f %12.0f" % ((case[0], name) + tuple(median(case[0], name, k) for k in ("rate", "p50", "p99", "mb", "cpu"))))
    explain_speed()


if __name__ == "__main__":
    main()
