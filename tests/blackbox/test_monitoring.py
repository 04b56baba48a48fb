"""contrib/monitoring: every series that a rule or a panel asks for is one of /metrics, with its labels; each alert is raised when it should be, and not otherwise.

The last two need promtool (Debian's prometheus has it; PROMTOOL names it), and are skipped without.
"""
import http.client, json, os, re, shutil, subprocess

from desk import TOP, Skip, mail, setup, wait_until

RULES, DASHBOARD = os.path.join(TOP, "contrib/monitoring/alerts.yml"), os.path.join(TOP, "contrib/monitoring/dashboard.json")
# Each as it stands for 27 hours, at every five minutes: wrong, and right.
SERIES = {
    'up{job="sportello"}': ("0x330", "1x330"),
    "sportello_jobs_failed_total": ("0+1x330", "0x330"), "sportello_deferred_total": ("0+10x330", "0x330"), "sportello_outbox_waiting": ("30x330", "3x330"),
    "sportello_outbox_relay_troubles_total": ("0+5x330", "0x330"), "sportello_outbox_failed_total": ("0+5x330", "0x330"), "sportello_selftest_up": ("0x330", "1x330"),
    "sportello_outbox_oldest_age_seconds": ("20000x330", "60x330"), "sportello_tickets_overdue": ("1x330", "0x330"),
    "sportello_backup_last_timestamp_seconds": ("0x330", "0+300x330"), "sportello_database_log_bytes": ("3000000000x330", "4000000x330"),
    "sportello_mails_total": ("7x330", "0+1x330"), "sportello_jobs_waiting": ("200x330", "0x330"), "sportello_rules_troubles_total": ("0+1x330", "0x330"),
}


def read(path):
    with open(path) as f:
        return f.read()


def expressions():
    """(expression, legend) of all rules and panels."""
    panels = json.loads(read(DASHBOARD))["panels"]
    return [(e, "") for e in re.findall(r"expr: (.*)", read(RULES))] + [(t["expr"], t.get("legendFormat") or "") for panel in panels for t in panel["targets"]]


def alerts():
    return re.findall(r"- alert: (\w+)", read(RULES))


def metrics(desk):
    connection = http.client.HTTPConnection("127.0.0.1", desk.web_port, timeout=10)
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()


def series(text):
    """{name: names of its labels}"""
    found = {}
    for name, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? \S+$", text, re.M):
        found.setdefault(name, set()).update(re.findall(r'([a-z]+)="', labels))
    return found


def whole_desk(desk):
    """One that has every figure: backups, a mail that goes round, a promise, mails both ways."""
    desk.set("backup.dir", os.path.join(desk.directory, "backups"))
    os.mkdir(os.path.join(desk.directory, "backups"))
    desk.set("selftest.every", "1h")
    desk.write_config()
    desk.start()
    desk.accept(mail())
    wait_until(lambda: "sportello_backup_last_timestamp_seconds 0" not in metrics(desk), 20)
    return metrics(desk)


def missing_of(there, asked):
    missing = []
    for expression, legend in asked:
        names = re.findall(r"\b(sportello_[a-z_]+)(?:\{([^}]*)\})?", expression)
        wanted = set(re.findall(r"\{\{ *(\w+) *\}\}", legend)) | {word for by in re.findall(r"by \(([^)]*)\)", expression) for word in re.findall(r"\w+", by)}
        for name, labels in names:
            if name not in there:
                missing.append(name)
            else:
                missing += ["%s of %s" % (label, name) for label in wanted | set(re.findall(r"(\w+) *[=!]", labels)) if label not in there[name]]
        assert names or expression.startswith("up{"), expression
    return missing


@setup(relay="smtp", start=False)
def test_what_rules_and_panels_ask_for_is_there_with_its_labels(desk):
    whole_desk(desk)
    asked = expressions()
    assert len(asked) > 30 and len(alerts()) >= 14
    # A figure of what the desk does beside its mail comes when it is done.
    wait_until(lambda: not missing_of(series(metrics(desk)), asked), 30, "no series is missing: %s" % missing_of(series(metrics(desk)), asked))


def promtool(*words, stdin=None):
    program = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if not program:
        raise Skip("no promtool here: it is in Debian's prometheus")
    return subprocess.run([program, *words], input=stdin, capture_output=True, text=True, timeout=60)


def trial(column, wanted):
    given = "".join("      - series: '%s'\n        values: '%s'\n" % (name, values[column]) for name, values in SERIES.items())
    raised = "".join("\n          - labels: '{alertname=\"%s\"}'\n            value: 1" % name for name in wanted) or " []"
    return ("  - interval: 5m\n    input_series:\n%s    promql_expr_test:\n      - expr: count by (alertname) (ALERTS{alertstate=\"firing\"})\n        eval_time: 27h\n        exp_samples:%s\n" % (given, raised))


@setup(start=False)
def test_each_alert_is_raised_when_all_goes_wrong_and_none_when_all_is_well(desk):
    assert promtool("check", "rules", RULES).returncode == 0, promtool("check", "rules", RULES)
    file = os.path.join(desk.directory, "trial.yml")
    with open(file, "w") as f:
        f.write("rule_files:\n  - %s\nevaluation_interval: 5m\ntests:\n" % json.dumps(RULES) + trial(0, alerts()) + trial(1, []))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


@setup(relay="smtp", start=False)
def test_promtool_finds_nothing_in_the_figures(desk):
    done = promtool("check", "metrics", stdin=whole_desk(desk))
    assert done.returncode == 0 and not done.stdout.strip(), done
