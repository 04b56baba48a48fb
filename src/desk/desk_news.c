/*
 * desk_news.c - what a mail to an agent tells of, in a word: the event of its header X-Sportello-Event, and what stands first in its list of mails.
 *
 * The Subject stays the ticket's, so that a mail program keeps one ticket in one thread; the word stands before the name in From (notices.event),
 * in the agent's language. A new notice to agents is a row here, too; tests/unit/test_desk_template.c compares.
 */
#include <stdio.h>
#include <string.h>

#include "desk_private.h"

#define DOT " \xC2\xB7 "                         /* between the word and the name */

enum { DO = 1 };                                 /* who is named: the desk, not the customer */
struct row { const char *template, *variable; struct desk_news news; unsigned what; };

/* Of several of one template, the first whose variable is there; NULL: the one that is left. */
static const struct row rows[] = {
	{"agent-new", NULL, {"new", {"New", "Nuova", "Neu", "Nouvelle", "Nueva"}}, 0},
	{"agent-answered", NULL, {"answered", {"Answered", "Risposta", "Antwort", "Réponse", "Respuesta"}}, 0},
	{"agent-assigned", NULL, {"assigned", {"Yours", "Per te", "Für Sie", "Pour vous", "Para usted"}}, 0},
	{"agent-colleague", "closed", {"closed", {"Closed", "Chiusa", "Abgeschlossen", "Clôturée", "Cerrada"}}, 0},
	{"agent-colleague", "answered", {"answered", {"Answered", "Risposta", "Antwort", "Réponse", "Respuesta"}}, 0},
	{"agent-colleague", "noted", {"note", {"Note", "Nota", "Notiz", "Note", "Nota"}}, 0},
	{"agent-colleague", NULL, {"taken", {"Taken", "Presa", "Übernommen", "Prise", "Asumida"}}, 0},
	{"agent-confirmed", NULL, {"confirmed", {"Solved", "Risolta", "Bestätigt", "Résolue", "Resuelta"}}, 0},
	{"agent-refused", NULL, {"refused", {"Not solved", "Non risolta", "Nicht erledigt", "Non résolue", "No resuelta"}}, 0},
	{"agent-rated", NULL, {"rated", {"Rated", "Valutazione", "Bewertung", "Note donnée", "Valoración"}}, 0},
	{"agent-bounced", NULL, {"bounced", {"Came back", "Tornata indietro", "Zurückgekommen", "Revenu", "Devuelto"}}, DO},
	{"agent-undeliverable", NULL, {"undeliverable", {"Not delivered", "Non consegnata", "Nicht zugestellt", "Non distribué", "No entregado"}}, DO},
	{"agent-side", NULL, {"side", {"Third party", "Terzi", "Dritter", "Tiers", "Tercero"}}, 0},
	{"agent-pending", NULL, {"pending-over", {"Time is up", "Attesa finita", "Wartezeit vorbei", "Attente terminée", "Fin de la espera"}}, 0},
	{"agent-overdue", NULL, {"overdue", {"Overdue", "In ritardo", "Überfällig", "En retard", "Con retraso"}}, 0},
	{"agent-due", NULL, {"due", {"Due soon", "In scadenza", "Bald fällig", "Bientôt due", "Vence pronto"}}, 0},
	{"agent-promises", NULL, {"overdue", {"Due", "In scadenza", "Fällig", "À échéance", "Vencen"}}, DO},
	{"agent-report", NULL, {"report", {"Your week", "La settimana", "Ihre Woche", "Votre semaine", "Su semana"}}, DO},
	{"agent-contracts", NULL, {"contracts", {"Contracts", "Contratti", "Verträge", "Contrats", "Contratos"}}, DO},
	{"agent-command-error", NULL, {"not-done", {"Not done", "Non eseguito", "Nicht ausgeführt", "Non exécuté", "No ejecutado"}}, DO},
	{"agent-done", "list_of", {"list", {"List", "Elenco", "Liste", "Liste", "Lista"}}, DO},
	{"agent-done", "help", {"help", {"Commands", "Comandi", "Befehle", "Commandes", "Comandos"}}, DO},
	{"agent-done", NULL, {"done", {"Done", "Fatto", "Erledigt", "Fait", "Hecho"}}, DO},
	{"agent-shown", NULL, {"shown", {"All of it", "Per intero", "Vollständig", "En entier", "Completa"}}, 0},
	{"agent-files", NULL, {"files", {"Files", "File", "Dateien", "Fichiers", "Archivos"}}, 0},
	{"agent-digest", NULL, {"digest", {"Your requests", "Le tue richieste", "Ihre Anfragen", "Vos demandes", "Sus solicitudes"}}, DO},
};

static const struct row *row_of(struct arena *arena, const char *template, const char *variables)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strcmp(rows[i].template, template) == 0 && (!rows[i].variable || record_get(arena, variables, rows[i].variable)))
			return &rows[i];
	return NULL;
}

const struct desk_news *desk_news(struct arena *arena, const char *template, const char *variables)
{
	const struct row *row = row_of(arena, template, variables);
	return row ? &row->news : NULL;
}

const char *desk_agents_language(const struct desk_policy *policy, const struct desk_agent *agent)
{
	return agent && agent->language && *agent->language ? agent->language : policy->language;
}

void desk_show_news(struct decision *d, const char *person, const char *variables, struct outgoing *o)
{
	const struct row *row = row_of(d->arena, o->template, variables);
	const char *colleague = row && strcmp(row->template, "agent-colleague") == 0 ? record_get(d->arena, variables, "colleague") : NULL;
	const char *name = colleague && *colleague ? colleague : row && !(row->what & DO) && *person ? person : d->policy->name;
	const char *word = row ? row->news.words[desk_language_number(o->language)] : "";
	if (!row || d->policy->event_in_subject) {
		o->from.name = strcmp(name, d->policy->name) == 0 ? name : arena_printf(d->arena, "%s via %s", name, d->policy->name);
		if (row)
			o->subject = *o->subject ? arena_printf(d->arena, "%s" DOT "%s", word, o->subject) : "";
		return;
	}
	o->from.name = arena_printf(d->arena, "%s" DOT "%s", word, name);
}

/* "New · ", and what a program that knows no UTF-8 makes of the dot does not count. */
bool desk_names_news(const char *line, size_t length)
{
	if (!memmem(line, length, DOT, strlen(DOT)))
		return false;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t k = 0; k < DESK_LANGUAGES; k++) {
			char words[80];
			int size = snprintf(words, sizeof words, "%s" DOT, rows[i].news.words[k]);
			if (memmem(line, length, words, (size_t)size))
				return true;
		}
	return false;
}
