/*
 * postgres_hint.c - NOTIFY: who wrote something that another gateway shall do says so, and that one looks at once. A hint and no more: who hears none looks each second.
 *
 * The hint is a transaction of its own, behind the one that wrote: a transaction that notifies takes a lock that all who notify take, and would hold it through its sync.
 * Behind a pooler nothing is heard, since the server's connection is another's in the next moment.
 */
#include "postgres_private.h"

#include <poll.h>

enum status postgres_hint(struct engine *engine, struct error *error)
{
	return postgres_run(engine, error, OWN_HINT, "");
}

static bool ready_to_hear(struct engine *engine)
{
	if (!engine->connection && postgres_connect(engine, NULL) != STATUS_OK)
		return false;
	if (!engine->listens && !engine->pooled)
		engine->listens = postgres_run(engine, NULL, OWN_LISTEN, "") == STATUS_OK;
	return engine->listens;
}

static bool take_hints(struct engine *engine)
{
	bool heard = false;

	if (!PQconsumeInput(engine->connection)) {
		postgres_disconnect(engine);
		return false;
	}
	for (PGnotify *hint; (hint = PQnotifies(engine->connection)); PQfreemem(hint))
		heard = true;
	return heard;
}

bool postgres_hear(struct engine *engine, int ms)
{
	struct pollfd wait = { .fd = -1, .events = POLLIN };

	if (ready_to_hear(engine)) {
		wait.fd = PQsocket(engine->connection);
		if (take_hints(engine))
			return true;
	}
	if (poll(&wait, 1, ms) <= 0 || wait.fd < 0)      /* without a connection it only waits */
		return false;
	return take_hints(engine);
}
