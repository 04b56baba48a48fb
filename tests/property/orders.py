"""orders.py - agents' commands in mails of their own and inside other answers, /use and /send, what is asked for and its answers, forged ones, an agent who is gone."""
import re

from actions import action, latest, pick
from agents import answer, new_mail, some_file, some_notice, written
from dialog import AGENT_ADDRESS, Writing
from letters import QUOTES, quote_forwarded, quote_inside, quote_none

OTHERS = ["ada", "vito", "dan", "zoe"]


def order(d, number, agent="bob"):
    """A line that changes a ticket, or tells of it."""
    return d.r.choice(["/assign #%d me", "/assign #%d eva", "/tag #%d vpn", "/untag #%d vpn", "/priority #%d high", "/close #%d", "/resolve #%d", "/reopen #%d", "/pending #%d 2d",
                       "/pending #%d 3d third-party", "/watch #%d", "/watch #%d", "/unwatch %d", "/cc #%d " + d.address(d.r.choice(["vito", "dan"])), "/uncc #%d " + d.address("dan"),
                       "/language #%d it", "/undo #%d", "/queue #%d network", "/queue #%d support", "/show %d"]) % number


ASKS = ["/list", "/list state:new", "/search printer", "/help", "/show %d"]


def orders(d, agent, purpose="command", **more):
    return d.write(Writing(d, d.at, agent + "@agents.example", purpose, agent=agent, **more))


@action(5)
def agent_orders(d):
    agent, number = d.agent(), pick(d.r, d.tickets)
    if not number:
        return None
    lines = [order(d, number) for _ in range(d.r.randrange(1, 4))]
    if d.r.random() < 0.3:
        ask = d.r.choice(ASKS)
        lines.append(ask % number if "%d" in ask else ask)
    return new_mail(d, agent, orders(d, agent), "\n".join(lines), [])


@action(3)
def agent_notes_by_number(d):
    """/note #12 in a mail of its own, also of a ticket that is none of this dialog."""
    agent, number = d.agent(), pick(d.r, d.tickets if d.r.random() < 0.8 else d.all_tickets())
    if not number:
        return None
    w = orders(d, agent, "note")
    return new_mail(d, agent, w, "/note #%d" % number, d.sentences(w), files=some_file(d, w))


@action(3)
def agent_begins_a_conversation(d):
    agent, who = d.agent(), d.r.choice(OTHERS)
    w = orders(d, agent, "answer", shown={d.address(who)})
    before = "/new %s <%s>" % (who.capitalize(), d.address(who)) + d.r.choice(["", "\n/priority high", "\n/use toner"])
    return new_mail(d, agent, w, before, d.sentences(w), files=some_file(d, w))


@action(5)
def agent_orders_inside_an_answer(d):
    """His words belong to the ticket of the notice, the command to the one that it names; a note goes where it says."""
    agent, m = some_notice(d)
    number = pick(d.r, d.tickets)
    if not m or not number:
        return None
    if d.r.random() < 0.4:
        w = written(d, agent, "note", m)
        return answer(d, agent, m, w, before="/note #%d\n\n" % pick(d.r, d.tickets if d.r.random() < 0.8 else d.all_tickets()), files=some_file(d, w))
    line, w = order(d, number), written(d, agent, "answer", m)
    w.admitted |= set(re.findall(r"^/cc .* (\S+@\S+)$", line))
    return answer(d, agent, m, w, before=line + "\n\n", files=some_file(d, w))


@action(4)
def agent_uses_a_saved_reply(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "answer", m)
    return answer(d, agent, m, w, before=d.r.choice(["/use toner\n\n", "/use done\n\n", "/tag x\n/use toner\n\n", "/use toner\n/use done\n\n"]), files=some_file(d, w))


@action(8)
def agent_sends_what_came_back(d):
    """/send alone sends the words that came back; with words below, these."""
    agent = d.agent()
    m = latest(d.r, [n for n in d.notices(agent) if n["x-sportello-event"] == "not-done"])
    if not m:
        return None
    quote = d.r.choice([q for q in QUOTES if q not in (quote_inside,)])
    if d.r.random() < 0.7:
        w = written(d, agent, "command", m, sends=True)
        return answer(d, agent, m, w, before="/send", words=[], quote=d.r.choice([quote_none, QUOTES[0], QUOTES[3]]))
    w = written(d, agent, "answer", m)
    return answer(d, agent, m, w, before="/send\n\n", quote=quote)


@action(2)
def agent_asks_to_see(d):
    agent, m = some_notice(d)
    if not m:
        return None
    w = written(d, agent, "command", m)
    if d.r.random() < 0.5:
        return answer(d, agent, m, w, before="/show", words=[], quote=d.r.choice([quote_none, QUOTES[0]]))
    number = pick(d.r, d.tickets)
    return number and new_mail(d, agent, w, "/show %d" % number, [])


@action(4)
def agent_answers_what_he_was_shown(d):
    """"All of it" and "Done" can be answered like a notice, and hold much more than one."""
    agent = d.agent()
    m = latest(d.r, [n for n in d.notices(agent) if n["x-sportello-event"] in ("shown", "done")])
    if not m:
        return None
    w = written(d, agent, "answer", m)
    return answer(d, agent, m, w, files=some_file(d, w))


@action(2)
def agent_answers_a_list(d):
    """A list, the help, a digest: they lead nowhere, and he is told; or his colleagues are, where the order beside it was for a ticket."""
    agent = d.agent()
    m = latest(d.r, d.lists(agent))
    if not m:
        return None
    w = orders(d, agent, "draft")
    return answer(d, agent, m, w, quote=d.r.choice([quote_none, QUOTES[0]]), to="support@example.org", frm=AGENT_ADDRESS[agent], auth=d.results("agents.example", "pass"))


# ---- forged

@action(4)
def somebody_forges_orders(d):
    """In an agent's name, to a queue: whatever the line, nothing is done, and nothing leaves."""
    number = pick(d.r, d.tickets)
    if not number:
        return None
    agent = d.agent()
    w = d.write(Writing(d, d.at, d.address("eve"), "forged-order", claimed=agent + "@agents.example", moves=False))
    line = d.r.choice([order(d, number), order(d, number), "/new Eve <%s>" % d.address("eve"), "/ask #%d %s" % (number, d.address("eve")), "/note #%d" % number,
                       "/cc #%d %s" % (number, d.address("spy")), "/show %d" % number, "/list", "/search zq", "/merge #%d %d" % (number, number), "/use #%d toner" % number, "/send #%d" % number])
    asks = line.split()[0] in ("/list", "/search", "/show")
    words = [] if asks else d.sentences(w)
    sender, auth = AGENT_ADDRESS[agent], None
    if d.prove:
        own = d.address("eve").split("@")[1]
        sender, auth = d.r.choice([(sender, d.results("agents.example", "fail")), (sender, d.results(own, "pass")), (sender, "mx.evil.example; dmarc=pass header.from=agents.example"),
                                   (sender, d.results("agents.example", "none")), (sender, None), ("%s, Eve <%s>" % (sender, d.address("eve")), d.results(own, "pass"))])
    data = d.mail(w, sender, "support@example.org", d.subject(w), [line] + words, auth=auth)
    return [("mail", data, ["support@example.org"], d.address("eve"), w)]


@action(3)
def somebody_forges_an_answer(d):
    """To a notice's own address, with a command, where our mail server found that it is not he."""
    agent, m = some_notice(d)
    if not m or not d.prove:
        return None
    w = written(d, agent, "draft", m, must_be_told=True, moves=False)
    line = d.r.choice(["/close", "/resolve", "/cc " + d.address("spy"), "/ask " + d.address("eve"), "/send", "/use toner", "/assign eva", "/undo", "/show", "/watch"])
    own = d.address("eve").split("@")[1]
    auth = d.r.choice([d.results("agents.example", "fail"), d.results(own, "pass"), d.results("agents.example", "permerror")])
    return answer(d, agent, m, w, before=line + "\n\n", auth=auth)


@action(2)
def customer_writes_commands(d):
    """They are words."""
    from customers import proof, reply
    who = d.r.choice(["ada", "cora", "zoe"])
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    w = d.write(Writing(d, d.at, d.address(who), "reply"))
    line = d.r.choice(["/close", "/cc " + d.address("spy"), "/note", "/ask " + d.address("spy"), "/new " + d.address("spy"), "/send", "/show 1"])
    return reply(d, who, m, quote=lambda words, m, r: QUOTES[0]([line] + words, m, r), auth=proof(d, w), writing=w)


@action(3)
def agent_who_is_gone_answers(d):
    """He is in the configuration no more: what he writes reaches no customer."""
    m = latest(d.r, d.notices("carl")) if "carl" in d.gone else None
    if not m:
        return None
    w = d.write(Writing(d, d.at, "carl@agents.example", "stranger"))
    before = d.r.choice(["", "/send\n\n", "/close\n\n", "/note\n\n"])
    return answer(d, "carl", m, w, before=before, auth=d.results("agents.example", "pass"))
