"""agents.py - what agents do: by mail, in every way that their programs quote, and on the command line."""
import html

from actions import action, latest, pick
from dialog import AGENT_ADDRESS, Writing
from letters import QUOTES, body_of, quote_forwarded, quote_none, quote_unmarked
from machines import FORMS



def some_file(d, w, share=0.12):
    """Now and then a file, whose name and content are words of its writer's."""
    if d.r.random() > share:
        return []
    name, inside = d.canary(), d.canary()
    w.words += [name, inside]
    w.inside.add(inside)
    return [(name + ".csv", "text/csv", "a," + inside)]


def new_mail(d, agent, w, before, words, files=()):
    """A mail of his own to a queue, which begins with commands; proved, where anything proves."""
    queue = d.r.choice(["support@example.org", "network@example.org"])
    auth = d.results("agents.example", d.r.choice(["pass", "pass", "pass", None]))
    markup = None
    for name, _, _ in files:                 # where it is refused, it is on no ticket, and what comes back has the words alone
        w.inside.add(name.split(".")[0])
    text = "\n\n".join([before] + words) + "\n"
    if d.r.random() < 0.2:
        markup = "<html><body>%s</body></html>" % "".join("<div>%s</div>" % html.escape(line) for line in text.split("\n"))
        text = d.r.choice([text, None])
    data = d.mail(w, AGENT_ADDRESS[agent], queue, d.subject(w), text=text, html=markup, auth=auth, files=files)
    return [("mail", data, [queue], w.writer, w)]


def agents_proof(d):
    return d.results("agents.example", d.r.choice(["pass", "pass", None]))


def some_notice(d, agent=None):
    agent = agent or d.agent()
    m = latest(d.r, d.notices(agent))
    return (agent, m) if m else (None, None)


def written(d, agent, purpose, m, **more):
    """An answer to the notice of a third party's words is for that one, and for nobody else."""
    if m.to_third and purpose == "answer":
        purpose, more["third"] = "side", m.to_third
    return d.write(Writing(d, d.at, agent + "@agents.example", purpose, agent=agent, notice=m, **more))


def note_address(m):
    import re
    found = re.search(r"[a-z]+\+n[a-z2-7]{20,}@example\.org", m.text)
    return found.group(0) if found else None


def answer(d, agent, m, w, before="", to=None, cc=None, frm=None, auth=0, quote=None, recipients=None, subject=None, words=None, files=()):
    words = d.sentences(w) if words is None else words
    own = [before + words[0] if before else words[0]] + words[1:] if words else [before]
    style = quote or d.r.choice(QUOTES)
    if before:                               # commands stand on the first lines
        style = quote or d.r.choice([q for q in QUOTES if q.__name__ not in ("quote_bottom", "quote_inside")])
    text, markup = style(own, m, d.r)
    if markup and before:
        text, markup = quote_none(own, m, d.r)
    target = to or m.reply_address()
    data = d.mail(w, frm or AGENT_ADDRESS[agent], target, subject or "Re: " + m["subject"], text=text, html=markup, cc=cc,
                  auth=agents_proof(d) if auth == 0 else auth, answer=m, files=files)
    return [("mail", data, recipients or [target], w.writer, w)]


@action(26)
def agent_answers(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "answer", m)
    return answer(d, agent, m, w, files=some_file(d, w))


@action(8)
def agent_answers_with_commands(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "answer", m)
    command = d.r.choice(["/tag vpn", "/priority high", "/resolve", "/close", "/pending 3d", "/tag vpn\n/priority low", "/resolve", "/queue network", "/assign eva", "/queue support"])
    return answer(d, agent, m, w, before=command + "\n\n")


@action(4)
def agent_commands_only(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "command", m)
    command = d.r.choice(["/queue network", "/assign eva", "/assign bob", "/resolve", "/close", "/reopen", "/queue support", "/pending 1d", "/assign carl"])
    return answer(d, agent, m, w, before=command, words=[], quote=d.r.choice([quote_none, QUOTES[0]]))


@action(6)
def agent_notes(d):
    """To the note address, or with /note at the top, in the middle, at the end."""
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "note", m)
    k = d.r.randrange(4)
    if k == 0 and note_address(m):
        return answer(d, agent, m, w, to=note_address(m))
    words = d.sentences(w)
    if k == 1:
        return answer(d, agent, m, w, before="/note\n\n", words=words)
    words.insert(d.r.randrange(len(words) + 1), "/note")
    if words[0] == "/note":
        words[0:2] = ["/note\n" + words[1]]
    return answer(d, agent, m, w, words=words, quote=d.r.choice([quote_none, QUOTES[0], QUOTES[2], QUOTES[3]]))


@action(3)
def agent_writes_a_wrong_command(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "draft", m, must_be_told=True)
    command = d.r.choice(["/assign nobody", "/queue nowhere", "/merge 99999", "/frobnicate", "/priority huge", "/pending soon"])
    return answer(d, agent, m, w, before=command + "\n\n")


@action(3)
def agent_writes_a_command_below(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "draft", m, must_be_told=True)
    words = d.sentences(w) + [d.r.choice(["/close", "/resolve", "/assign eva"])]
    return answer(d, agent, m, w, words=words, quote=d.r.choice([quote_none, QUOTES[0], QUOTES[3]]))


@action(4)
def agent_forwards_a_notice(d):
    """To a supplier, with the desk in copy or behind it: no answer to the customer."""
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "draft", m)
    queue = d.r.choice(["support@example.org", "network@example.org"])
    subject = d.r.choice(["Fwd: ", "Re: ", "FW: "]) + m["subject"]
    vito = "Vito <%s>" % d.address("vito")
    w.direct.add(d.address("vito"))
    words = d.sentences(w)
    k = d.r.randrange(3)
    if k == 0:
        return answer(d, agent, m, w, words=words, to=vito, cc=queue, recipients=[queue], subject=subject, quote=quote_forwarded)
    if k == 1:
        return answer(d, agent, m, w, words=words, to=vito, recipients=[queue], subject=subject, quote=quote_forwarded)
    return answer(d, agent, m, w, words=words, to=queue, recipients=[queue], subject=subject, quote=quote_forwarded)


@action(3)
def agent_copies_somebody(d):
    """Answers the notice and copies a third person: he takes part, or the agent is told."""
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "answer", m)
    who = d.r.choice(["vito", "dan", "ada"])
    w.direct.add(d.address(who))
    w.admitted.add(d.address(who))
    return answer(d, agent, m, w, cc="%s <%s>" % (who.capitalize(), d.address(who)))


@action(2)
def agent_copies_another_queue(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "answer", m)
    queue = d.r.choice(["support@example.org", "network@example.org"])
    return answer(d, agent, m, w, cc=queue, recipients=[m.reply_address(), queue])


@action(5)
def agents_machine_answers(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "machine", m, machine=True, moves=False)
    to = m.reply_address() if d.r.random() < 0.8 else (note_address(m) or m.reply_address())
    return d.r.choice(FORMS)(d, w, AGENT_ADDRESS[agent], to, m)


@action(3)
def agents_mail_proves_nothing(d):
    """From an unknown alias, or broken on its way: it is not sent, and he is told; or somebody forges an agent."""
    agent, m = some_notice(d)
    if not m:
        return None
    k = d.r.randrange(3)
    if k == 0:
        w = written(d, agent, "draft", m)
        w.writer = w.claimed = d.address("bobsalias")
        return answer(d, agent, m, w, frm="%s <%s>" % (agent.capitalize(), w.writer), auth=d.results(w.writer.split("@")[1], "pass"))
    w = written(d, agent, "draft", m, must_be_told=d.prove)
    if not d.prove:
        w.purpose, w.third = ("side", m.to_third) if m.to_third else ("answer", None)
    return answer(d, agent, m, w, auth=d.results("agents.example", d.r.choice(["fail", "temperror", "permerror"])))


@action(3)
def colleague_answers_a_passed_on_notice(d):
    agent, m = some_notice(d)
    if not m:
        return None
    other = d.r.choice([n for n in d.agents() if n != agent])
    w = written(d, other, "answer", m)
    return answer(d, other, m, w)


@action(3)
def outsider_answers_a_passed_on_notice(d):
    """A notice was forwarded to somebody outside, who answers to the agent's signed address."""
    agent, m = some_notice(d)
    if not m:
        return None
    w = d.write(Writing(d, d.at, d.address("vito"), "stranger", failed=False))
    return answer(d, agent, m, w, frm="Vito <%s>" % d.address("vito"), auth=d.results(d.address("vito").split("@")[1], "pass"))


@action(3)
def agent_answers_directly(d):
    """From his own program to the customer, with the desk in copy; the customer has it, and gets no second one."""
    agent, m = some_notice(d)
    if not m or m.to_third:                      # who copies a third party's address writes to him, too
        return None
    w = written(d, agent, "direct", m)
    if d.address("ada") not in m.seen:
        return None
    queue = d.r.choice(["support@example.org", m.reply_address()])
    w.direct.add(d.address("ada"))
    return answer(d, agent, m, w, to="Ada <%s>" % d.address("ada"), cc=queue, recipients=[queue])


@action(4)
def agent_pastes_the_notice(d):
    """The whole notice between his words, with its addresses and links, unmarked."""
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "answer", m)
    above, below = d.sentence(w), d.sentence(w)
    k = d.r.randrange(3)
    if k == 0:
        return answer(d, agent, m, w, words=[above, m.text, below], quote=quote_none)
    if k == 1:
        address = note_address(m) or m.reply_address()
        return answer(d, agent, m, w, words=[above + " Write to " + address + " or to <mailto:" + m.reply_address().replace("+", "%2B") + ">.", below], quote=quote_none)
    markup = "<html><body><p>%s</p><div>%s</div><p>%s</p></body></html>" % (html.escape(above), body_of(m), html.escape(below))
    data = d.mail(w, AGENT_ADDRESS[agent], m.reply_address(), "Re: " + m["subject"], text=None, html=markup, auth=agents_proof(d), answer=m)
    return [("mail", data, [m.reply_address()], w.writer, w)]


@action(3)
def agent_merges(d):
    agent, m = some_notice(d)
    number = pick(d.r, d.tickets)
    if not m or len(d.tickets) < 2:
        return None
    w = written(d, agent, "command", m)
    return answer(d, agent, m, w, before="/merge %d" % number, words=[], quote=quote_none)


@action(0)
def agent_forwards_a_mail_in(d):
    """A customer wrote to the agent's own mailbox; he passes it on to the desk."""
    agent = d.agent()
    w = d.write(Writing(d, d.at, agent + "@agents.example", "agents-request", agent=agent))
    c = d.canary()
    w.words.append(c)
    comment = d.sentence(w)
    text = "%s\n\n---------- Forwarded message ---------\nFrom: Ada <%s>\nDate: Mon, 2 Nov 2026 at 10:00\nSubject: Printer\nTo: Bob\n\nIt is broken: %s.\n" % (comment, d.address("ada"), c)
    w.proved = True
    data = d.mail(w, AGENT_ADDRESS[agent], "support@example.org", "Fwd: " + d.subject(w), text=text, auth=agents_proof(d))
    return [("mail", data, ["support@example.org"], w.writer, w)]


@action(1)
def agent_writes_directly(d):
    """Begins a conversation by his own mail to a customer, with the desk in copy."""
    agent = d.agent()
    w = d.write(Writing(d, d.at, agent + "@agents.example", "direct", agent=agent))
    w.direct.add(d.address("ada"))
    data = d.mail(w, AGENT_ADDRESS[agent], "Ada <%s>" % d.address("ada"), d.subject(w), d.sentences(w), cc="support@example.org", auth=agents_proof(d))
    return [("mail", data, ["support@example.org"], w.writer, w)]


# ---- on the command line

def command(d, purpose, arguments, agent=None, words=True, **more):
    w = d.write(Writing(d, d.at, (agent or "admin") + "@agents.example", purpose, agent=agent, by_command=True, ticket=arguments[2], **more))
    text = "\n\n".join(d.sentences(w)) + "\n" if words else None
    return [("command", arguments, text, w)]


@action(2)
def command_answers(d):
    number, agent = pick(d.r, d.tickets), d.agent()
    return number and command(d, "answer", ["ticket", "reply", number, "--as", agent], agent)


@action(1)
def command_notes(d):
    number, agent = pick(d.r, d.tickets), d.agent()
    return number and command(d, "note", ["ticket", "note", number, "--as", agent], agent)


@action(3)
def command_changes(d):
    number, agent = pick(d.r, d.tickets), d.agent()
    if not number:
        return None
    verb = d.r.choice([["resolve", number], ["close", number], ["reopen", number], ["assign", number, agent], ["queue", number, "network"], ["queue", number, "support"], ["pend", number, "--until", "2d"]])
    silent = ["--no-text"] if verb[0] in ("resolve", "close", "reopen", "pend") else []
    return command(d, "command", ["ticket"] + verb + silent, words=False)


@action(1)
def command_merges(d):
    if len(d.tickets) < 2:
        return None
    return command(d, "command", ["ticket", "merge", pick(d.r, d.tickets), pick(d.r, d.tickets), "--no-text"], words=False)


@action(1)
def command_splits(d):
    number = pick(d.r, d.tickets)
    return number and command(d, "command", ["ticket", "split", number, d.r.randrange(1, 5)], words=False)
