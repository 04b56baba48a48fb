"""sides.py - side conversations: agents ask third parties about a ticket and answer them; these answer, forward, quote what they have, and what is none of theirs."""
import re

from actions import action, latest, pick
from agents import answer, command, new_mail, some_file, some_notice, written
from customers import proof, reply
from dialog import THIRDS, Writing
from letters import QUOTES, quote_forwarded, quote_inside
from machines import FORMS


def someone(d):
    who = d.r.choice(THIRDS)
    return d.address(who), d.r.choice(["%s", "<%s>", who.capitalize() + " <%s>"]) % d.address(who)


@action(6)
def agent_asks_a_third_party(d):
    """In an answer to any notice, in every layout, alone or among other commands; what is quoted below stays with us."""
    agent, m = some_notice(d)
    if not m:
        return None
    third, named = someone(d)
    w = written(d, agent, "side", m, third=third)
    before = d.r.choice(["/ask %s\n\n", "/ask %s\n\n", "/tag parts\n/ask %s\n\n", "/ask %s\n/priority high\n", "/assign me\n/ask %s\n\n"]) % named
    style = d.r.choice([q for q in QUOTES if q is not quote_inside])
    return answer(d, agent, m, w, before=before, quote=style, files=some_file(d, w))


@action(2)
def agent_asks_in_a_new_mail(d):
    agent, number = d.agent(), pick(d.r, d.tickets)
    if not number:
        return None
    third, named = someone(d)
    w = d.write(Writing(d, d.at, agent + "@agents.example", "side", agent=agent, third=third))
    return new_mail(d, agent, w, "/ask #%d %s" % (number, named), d.sentences(w))


@action(6)
def agent_answers_a_third_party(d):
    """To the notice of its answer: his words go there and nowhere else. With quotes, commands, or the notice of long ago."""
    agent = d.agent()
    m = latest(d.r, [n for n in d.notices(agent) if n.to_third])
    if not m:
        return None
    w = written(d, agent, "answer", m)
    before = d.r.choice(["", "", "", "/priority low\n\n", "/resolve\n\n", "/pending 2d third-party\n\n", "/send\n\n"])
    return answer(d, agent, m, w, before=before, files=some_file(d, w))


@action(2)
def agent_asks_wrongly(d):
    """One wrong line beside it, or somebody who takes part already: nobody is asked, and he is told."""
    agent, m = some_notice(d)
    if not m or m.to_third:
        return None
    w = written(d, agent, "draft", m, must_be_told=True)
    return answer(d, agent, m, w, before=d.r.choice(["/ask %s\n/frobnicate\n\n" % someone(d)[0], "/ask eva@agents.example\n\n", "/ask support@example.org\n\n", "/note\n/ask %s\n\n" % someone(d)[0]]))


@action(1)
def command_asks(d):
    number, agent, third = pick(d.r, d.tickets), d.agent(), someone(d)[0]
    return number and command(d, "side", ["ticket", "ask", number, third, "--as", agent], agent, third=third)


# ---- third parties

def third_writes(d, third, writer, **more):
    return d.write(Writing(d, d.at, writer, "third", third=third, **more))


@action(9)
def third_party_answers(d):
    """Himself or a colleague of his, in any layout; now and then with words that he should not have, and somebody in copy."""
    who = d.r.choice(THIRDS)
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    writer = d.address(who) if d.r.random() < 0.75 else d.address(who).replace(who + "@", "sales@")
    w = third_writes(d, d.address(who), writer)
    auth = proof(d, w, d.r.choice(["pass", "none", None]))
    quote = d.r.choice(QUOTES + [quote_forwarded])
    theirs = latest(d.r, d.received("ada"))
    if theirs and d.r.random() < 0.25:       # the agent had told him, or the customer had
        quote = lambda words, m, r, old=quote: old(words + ["> " + line for line in theirs.text.split("\n")[:12]], m, r)
    to = m.reply_address()
    if writer == d.address(who) and d.r.random() < 0.12:
        to = re.sub(r"\+[^@]*", "", to)      # his program wrote to From; only References tell
    cc = "Spy <%s>" % d.address("spy") if d.r.random() < 0.15 else None
    return reply(d, who, m, frm="%s <%s>" % (writer.split("@")[0].capitalize(), writer), to=to, quote=quote, auth=auth, cc=cc, writing=w)


@action(2)
def third_partys_machine_answers(d):
    who = d.r.choice(THIRDS)
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    w = third_writes(d, d.address(who), d.address(who), machine=True, moves=False)
    return d.r.choice(FORMS)(d, w, "%s <%s>" % (who.capitalize(), d.address(who)), m.reply_address(), m)


@action(2)
def others_write_to_a_third_partys_address(d):
    """He passed our mail on: to the customer, to somebody else. Nobody's words cross over by that."""
    who = d.r.choice(THIRDS)
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    other = d.r.choice(["ada", "zoe", "eve", "vito"])
    w = third_writes(d, d.address(who), d.address(other))
    return reply(d, other, m, auth=proof(d, w, d.r.choice(["pass", "none", None])), writing=w)


@action(1)
def third_party_commands(d):
    """What looks like a command in a third party's mail is words."""
    who = d.r.choice(THIRDS)
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    w = third_writes(d, d.address(who), d.address(who))
    line = d.r.choice(["/close", "/cc " + d.address("spy"), "/send", "/note", "/use toner", "/reopen"])
    quote = d.r.choice(QUOTES)
    return reply(d, who, m, quote=lambda words, m, r: quote([line] + words, m, r), auth=proof(d, w, "pass"), writing=w)
