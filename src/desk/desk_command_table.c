/*
 * desk_command_table.c - the commands of agents' mails, all of them: name, argument, what it asks for, and what it does, in five languages.
 *
 * The reader of mails (desk_command.c), the notices, the mail about a wrong command and the command line's "ticket NAME" are made from it; a new
 * command is a row here, its kind in desk.h, and what it does in desk_action.c; one that sets a simple field (ACTION_SET_FIELD) is the row alone. The lines of a notice are bare: each stands in the quotes of answers that are still to come, where it must be
 * known again (desk_own_words.c). So a row's usage is not changed lightly.
 */
#include <string.h>

#include "desk_private.h"

static const struct desk_command commands[] = {
	{"assign", "AGENT", ACTION_ASSIGN, {"gives it to an agent; \"me\": to yourself", "lo assegna a un agente; \"me\": a te",
	 "gibt sie jemandem; \"me\": Ihnen selbst", "la confie à un agent ; « me » : à vous-même", "se lo da a un agente; «me»: a ti"}, .line = NULL},
	{"queue", "QUEUE", ACTION_QUEUE, {"moves it to another queue", "lo sposta in un'altra coda", "verschiebt sie in eine andere Warteschlange",
	 "la déplace dans une autre file", "lo pasa a otra cola"}, .line = NULL},
	{"tag", "TAG", ACTION_TAG, {"adds a tag", "aggiunge un'etichetta", "fügt ein Stichwort hinzu", "ajoute une étiquette", "añade una etiqueta"}, .line = NULL},
	{"untag", "TAG", ACTION_UNTAG, {"takes a tag away", "toglie un'etichetta", "entfernt ein Stichwort", "retire une étiquette", "quita una etiqueta"}, .line = NULL},
	{"cc", "ADDRESS", ACTION_CC, {"lets somebody take part", "fa partecipare qualcuno", "lässt jemanden mitlesen", "fait participer quelqu'un",
	 "deja participar a alguien"}, .line = NULL},
	{"uncc", "ADDRESS", ACTION_UNCC, {"takes somebody out", "esclude qualcuno", "nimmt jemanden heraus", "retire quelqu'un", "saca a alguien"}, .line = NULL},
	{"priority", "low|normal|high|urgent", ACTION_SET_FIELD, {"sets the priority", "imposta la priorità", "setzt die Priorität", "fixe la priorité",
	 "fija la prioridad"}, .line = NULL},
	{"pending", "3d", ACTION_PEND, {"lets it wait: 2h, 3d, 1w, tomorrow or a date", "lo mette in attesa: 2h, 3d, 1w, tomorrow o una data",
	 "lässt sie ruhen: 2h, 3d, 1w, tomorrow oder ein Datum", "la met en attente : 2h, 3d, 1w, tomorrow ou une date",
	 "lo deja en espera: 2h, 3d, 1w, tomorrow o una fecha"}, .line = "pend"},
	{"note", NULL, ACTION_NOTE, {"keeps your words in the house", "le tue parole restano interne", "Ihre Worte bleiben im Haus",
	 "vos mots restent internes", "tus palabras no salen de casa"}, .line = NULL},
	{"resolve", NULL, ACTION_RESOLVE, {"it is solved; the customer is asked", "è risolto; si chiede al cliente", "sie ist gelöst; der Kunde wird gefragt",
	 "elle est résolue ; le client est consulté", "está resuelto; se pregunta al cliente"}, .line = NULL},
	{"close", NULL, ACTION_CLOSE, {"closes it", "lo chiude", "schließt sie", "la ferme", "lo cierra"}, .line = NULL},
	{"reopen", NULL, ACTION_REOPEN, {"opens it again", "lo riapre", "öffnet sie wieder", "la rouvre", "lo reabre"}, .line = NULL},
	{"merge", "7", ACTION_MERGE, {"puts it into another ticket", "lo unisce a un altro ticket", "legt sie mit einer anderen zusammen",
	 "la fusionne avec un autre ticket", "lo une a otro tique"}, .line = NULL},
	{"send", NULL, ACTION_REPLY, {"sends what came back to you", "invia ciò che ti è tornato indietro", "sendet, was an Sie zurückkam",
	 "envoie ce qui vous est revenu", "envía lo que te fue devuelto"}, .line = "reply"},
};

const struct desk_command *desk_command_at(size_t number)
{
	return number < COUNT_OF(commands) ? &commands[number] : NULL;
}

const char *desk_command_line_name(const struct desk_command *command)
{
	return command->line ? command->line : command->name;
}

const struct desk_field *desk_command_field(const struct desk_command *command)
{
	return command->kind == ACTION_SET_FIELD ? desk_field_named(command->name, strlen(command->name)) : NULL;
}

const struct desk_command *desk_command_named(const char *word, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strlen(commands[i].name) == length && strncasecmp(commands[i].name, word, length) == 0)
			return &commands[i];
	return NULL;
}

const char *desk_command_usage(struct arena *arena, const struct desk_command *command)
{
	return command->argument ? arena_printf(arena, "/%s %s", command->name, command->argument) : arena_printf(arena, "/%s", command->name);
}

const char *desk_command_lines(struct arena *arena, const char *language)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const char *usage = desk_command_usage(arena, &commands[i]);
		if (language)
			buffer_printf(&out, "%s%-33s %s", i ? "\n" : "", usage, commands[i].help[desk_language_number(language)]);
		else
			buffer_printf(&out, "%s%s", i ? "\n" : "", usage);
	}
	return arena_string(arena, buffer_string(&out));
}
