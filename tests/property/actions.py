"""actions.py - the table of what may happen in a dialog. An action returns operations, or None where it makes no sense yet.

Operation: ("mail", data, recipients, envelope sender, Writing) or ("command", arguments, standard input, Writing).
"""
ACTIONS = {}


def action(weight):
    def mark(function):
        ACTIONS[function.__name__] = (weight, function)
        return function
    return mark


def pick(r, things):
    return things[r.randrange(len(things))] if things else None


def latest(r, things):
    """Mostly the newest, sometimes an older one: stale answers."""
    if not things:
        return None
    return things[-1] if r.random() < 0.7 else pick(r, things)


NIGHT = "night"                              # a step at which all dialogs of a desk wait for each other: the day ends


def make_script(r, most):
    """Steps of a random dialog, with a night among them."""
    names = [n for n in ACTIONS if ACTIONS[n][0] > 0]
    theme = r.choice([None, None, "sides", "orders"])            # what follows on each other, needs to come often in one dialog
    weights = [ACTIONS[n][0] * (8 if ACTIONS[n][1].__module__ == theme else 1) for n in names]
    first = r.choices(["customer_asks", "list_writes", "stranger_forges_a_request", "machine_alarms", "agent_forwards_a_mail_in", "agent_writes_directly"], [80, 4, 5, 4, 5, 2])[0]
    steps = [first] + r.choices(names, weights, k=r.randrange(1, most))
    steps.insert(r.randrange(1, len(steps) + 1), NIGHT)
    return [(name, r.getrandbits(40)) for name in steps]
