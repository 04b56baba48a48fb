/*
 * desk_command_table.c - the commands of agents' mails, all of them: name, argument, what it asks for, what it does and what is said of it when it is done, in
 * five languages.
 *
 * The reader of mails (desk_command.c), the notices, the mail about a wrong command and the command line's "ticket NAME" are made from it; a new
 * command is a row here, its kind in desk.h, and what it does in desk_action.c; one that sets a simple field (ACTION_SET_FIELD) is the row alone. The lines of a notice are bare: each stands in the quotes of answers that are still to come, where it must be
 * known again (desk_own_words.c). So a row's usage is not changed lightly.
 */
#include <string.h>

#include "desk_private.h"

static const struct desk_command commands[] = {
	{"assign", "AGENT", ACTION_ASSIGN, COMMAND_IN_NOTICES,
	 {"gives it to an agent; \"me\": to yourself",
	  "lo assegna a un agente; \"me\": a te",
	  "gibt sie jemandem; \"me\": Ihnen selbst",
	  "la confie à un agent ; « me » : à vous-même",
	  "se lo da a un agente; «me»: a ti"},
	 {"{1} has it", "ce l’ha {1}", "{1} hat sie", "{1} l’a", "la tiene {1}"}, .line = NULL},
	{"queue", "QUEUE", ACTION_QUEUE, COMMAND_IN_NOTICES,
	 {"moves it to another queue",
	  "lo sposta in un'altra coda",
	  "verschiebt sie in eine andere Warteschlange",
	  "la déplace dans une autre file",
	  "lo pasa a otra cola"},
	 {"moved to queue {1}", "spostato nella coda {1}", "in die Warteschlange {1} verschoben", "déplacée dans la file {1}", "pasada a la cola {1}"}, .line = NULL},
	{"tag", "TAG", ACTION_TAG, COMMAND_IN_NOTICES,
	 {"adds a tag",
	  "aggiunge un'etichetta",
	  "fügt ein Stichwort hinzu",
	  "ajoute une étiquette",
	  "añade una etiqueta"},
	 {"tag {1} added", "etichetta {1} aggiunta", "Stichwort {1} hinzugefügt", "étiquette {1} ajoutée", "etiqueta {1} añadida"}, .line = NULL},
	{"untag", "TAG", ACTION_UNTAG, COMMAND_IN_NOTICES,
	 {"takes a tag away",
	  "toglie un'etichetta",
	  "entfernt ein Stichwort",
	  "retire une étiquette",
	  "quita una etiqueta"},
	 {"tag {1} taken away", "etichetta {1} tolta", "Stichwort {1} entfernt", "étiquette {1} retirée", "etiqueta {1} quitada"}, .line = NULL},
	{"cc", "ADDRESS", ACTION_CC, COMMAND_IN_NOTICES,
	 {"lets somebody take part",
	  "fa partecipare qualcuno",
	  "lässt jemanden mitlesen",
	  "fait participer quelqu'un",
	  "deja participar a alguien"},
	 {"{1} takes part", "{1} partecipa", "{1} liest mit", "{1} participe", "{1} participa"}, .line = NULL},
	{"uncc", "ADDRESS", ACTION_UNCC, COMMAND_IN_NOTICES,
	 {"takes somebody out",
	  "esclude qualcuno",
	  "nimmt jemanden heraus",
	  "retire quelqu'un",
	  "saca a alguien"},
	 {"{1} takes no more part", "{1} non partecipa più", "{1} liest nicht mehr mit", "{1} ne participe plus", "{1} ya no participa"}, .line = NULL},
	{"watch", NULL, ACTION_WATCH, 0,
	 {"tells you of all that happens to it",
	  "ti fa sapere tutto ciò che succede",
	  "meldet Ihnen alles, was mit ihr geschieht",
	  "vous dit tout ce qui lui arrive",
	  "le avisa de todo lo que le pasa"},
	 {"you watch it", "la segui", "Sie beobachten sie", "vous la suivez", "usted la sigue"}, .line = NULL},
	{"unwatch", NULL, ACTION_UNWATCH, 0,
	 {"tells you of it no more",
	  "non te ne fa più sapere",
	  "meldet Ihnen nichts mehr von ihr",
	  "ne vous en dit plus rien",
	  "no le avisa más de ella"},
	 {"you no longer watch it", "non la segui più", "Sie beobachten sie nicht mehr", "vous ne la suivez plus", "usted ya no la sigue"}, .line = NULL},
	{"priority", "low|normal|high|urgent", ACTION_SET_FIELD, COMMAND_IN_NOTICES,
	 {"sets the priority",
	  "imposta la priorità",
	  "setzt die Priorität",
	  "fixe la priorité",
	  "fija la prioridad"},
	 {"priority: {1}", "priorità: {1}", "Priorität: {1}", "priorité : {1}", "prioridad: {1}"}, .line = NULL},
	{"language", "it", ACTION_LANGUAGE, 0,
	 {"sets the language that the customer is written in",
	  "imposta la lingua in cui si scrive al cliente",
	  "legt die Sprache fest, in der dem Kunden geschrieben wird",
	  "fixe la langue dans laquelle on écrit au client",
	  "fija el idioma en que se escribe al cliente"},
	 {"language: {1}", "lingua: {1}", "Sprache: {1}", "langue : {1}", "idioma: {1}"}, .line = NULL},
	{"pending", "3d", ACTION_PEND, COMMAND_IN_NOTICES | COMMAND_WITH_ANSWER,
	 {"lets it wait: 2h, 3d, 1w, tomorrow or a date",
	  "lo mette in attesa: 2h, 3d, 1w, tomorrow o una data",
	  "lässt sie ruhen: 2h, 3d, 1w, tomorrow oder ein Datum",
	  "la met en attente : 2h, 3d, 1w, tomorrow ou une date",
	  "lo deja en espera: 2h, 3d, 1w, tomorrow o una fecha"},
	 {"waits: {1}", "in attesa: {1}", "ruht: {1}", "en attente : {1}", "en espera: {1}"}, .line = "pend"},
	{"note", NULL, ACTION_NOTE, COMMAND_IN_NOTICES,
	 {"keeps your words in the house",
	  "le tue parole restano interne",
	  "Ihre Worte bleiben im Haus",
	  "vos mots restent internes",
	  "tus palabras no salen de casa"},
	 {NULL}, .line = NULL},
	{"resolve", NULL, ACTION_RESOLVE, COMMAND_IN_NOTICES | COMMAND_WITH_ANSWER,
	 {"it is solved; the customer is asked",
	  "è risolto; si chiede al cliente",
	  "sie ist gelöst; der Kunde wird gefragt",
	  "elle est résolue ; le client est consulté",
	  "está resuelto; se pregunta al cliente"},
	 {"resolved", "risolto", "gelöst", "résolue", "resuelta"}, .line = NULL},
	{"close", NULL, ACTION_CLOSE, COMMAND_IN_NOTICES | COMMAND_WITH_ANSWER,
	 {"closes it",
	  "lo chiude",
	  "schließt sie",
	  "la ferme",
	  "lo cierra"},
	 {"closed", "chiuso", "geschlossen", "fermée", "cerrada"}, .line = NULL},
	{"reopen", NULL, ACTION_REOPEN, COMMAND_IN_NOTICES,
	 {"opens it again",
	  "lo riapre",
	  "öffnet sie wieder",
	  "la rouvre",
	  "lo reabre"},
	 {"open again", "riaperto", "wieder geöffnet", "rouverte", "reabierta"}, .line = NULL},
	{"spam", NULL, ACTION_SPAM, 0,
	 {"closes it without a word; its sender's next mails are told to nobody, until /reopen",
	  "lo chiude senza una parola; dei prossimi messaggi del mittente non si avvisa nessuno, fino a /reopen",
	  "schließt sie ohne ein Wort; von weiteren E-Mails des Absenders erfährt niemand, bis /reopen",
	  "la ferme sans un mot ; des prochains e-mails de l'expéditeur, personne n'est averti, jusqu'à /reopen",
	  "lo cierra sin decir nada; de los próximos correos del remitente no se avisa a nadie, hasta /reopen"},
	 {"closed as spam; /reopen takes it back", "chiuso come spam; /reopen lo annulla", "als Spam geschlossen; /reopen nimmt es zurück", "fermée comme spam ; /reopen l’annule",
	  "cerrada como spam; /reopen lo deshace"}, .line = NULL},
	{"merge", "7", ACTION_MERGE, COMMAND_IN_NOTICES,
	 {"puts it into another ticket",
	  "lo unisce a un altro ticket",
	  "legt sie mit einer anderen zusammen",
	  "la fusionne avec un autre ticket",
	  "lo une a otro tique"},
	 {"merged into {1}", "unito al {1}", "mit {1} zusammengelegt", "fusionnée avec {1}", "unida a la {1}"}, .line = NULL},
	{"use", "NAME", ACTION_USE, 0,
	 {"sends a saved reply, with your words below it",
	  "invia una risposta salvata, con il tuo testo sotto",
	  "sendet einen Textbaustein, mit Ihren Worten darunter",
	  "envoie une réponse enregistrée, suivie de vos mots",
	  "envía una respuesta guardada, con sus palabras debajo"},
	 {NULL}, .line = ""},
	{"ask", "ADDRESS", ACTION_ASK, 0,
	 {"asks a third party, who hears nothing else; the customer hears nothing of it",
	  "chiede a terzi, che non sanno altro; il cliente non ne sa nulla",
	  "fragt einen Dritten, der sonst nichts erfährt; der Kunde erfährt nichts davon",
	  "demande à un tiers, qui n'apprend rien d'autre ; le client n'en apprend rien",
	  "pregunta a un tercero, que no se entera de nada más; el cliente no se entera"},
	 {"{1} was asked", "chiesto a {1}", "{1} wurde gefragt", "demandé à {1}", "preguntado a {1}"}, .line = NULL},
	{"send", NULL, ACTION_REPLY, COMMAND_IN_NOTICES,
	 {"sends what came back to you",
	  "invia ciò che ti è tornato indietro",
	  "sendet, was an Sie zurückkam",
	  "envoie ce qui vous est revenu",
	  "envía lo que te fue devuelto"},
	 {NULL}, .line = "reply"},
	{"undo", NULL, ACTION_UNDO, 0,
	 {"takes back what your last mail changed, within an hour",
	  "annulla ciò che ha cambiato il tuo ultimo messaggio, entro un'ora",
	  "nimmt zurück, was Ihre letzte E-Mail geändert hat, innerhalb einer Stunde",
	  "annule ce que votre dernier e-mail a changé, dans l'heure",
	  "deshace lo que cambió su último correo, en el plazo de una hora"},
	 {"undone: {1}", "annullato: {1}", "zurückgenommen: {1}", "annulé : {1}", "deshecho: {1}"}, .line = ""},
	{"show", "12", ACTION_SHOW, COMMAND_TELLS | COMMAND_ARGUMENT_IS_TICKET,
	 {"sends you the whole of it",
	  "te lo invia per intero",
	  "schickt sie Ihnen ganz",
	  "vous l'envoie en entier",
	  "se la envía entera"},
	 {NULL}, .line = ""},
	{"list", "QUERY", ACTION_LIST, COMMAND_TELLS | COMMAND_MAY_STAND_ALONE | COMMAND_OF_NO_TICKET,
	 {"lists what waits for you, or what a query finds: state:open tag:vpn",
	  "elenca ciò che aspetta te, o ciò che trova una ricerca: state:open tag:vpn",
	  "zählt auf, was auf Sie wartet, oder was eine Suche findet: state:open tag:vpn",
	  "liste ce qui vous attend, ou ce que trouve une requête : state:open tag:vpn",
	  "lista lo que le espera, o lo que encuentra una consulta: state:open tag:vpn"},
	 {NULL}, .line = ""},
	{"search", "WORDS", ACTION_SEARCH, COMMAND_TELLS | COMMAND_OF_NO_TICKET,
	 {"finds requests by their words",
	  "trova richieste dalle loro parole",
	  "findet Anfragen nach ihren Worten",
	  "trouve des demandes par leurs mots",
	  "encuentra solicitudes por sus palabras"},
	 {NULL}, .line = ""},
	{"files", "NAME", ACTION_FILES, COMMAND_TELLS | COMMAND_MAY_STAND_ALONE | COMMAND_BARE_NUMBER | COMMAND_NEEDS_PROOF,
	 {"sends you its files; with a name, those that are called so",
	  "ti invia i suoi file; con un nome, quelli che si chiamano così",
	  "schickt Ihnen ihre Dateien; mit einem Namen die, die so heißen",
	  "vous envoie ses fichiers ; avec un nom, ceux qui s'appellent ainsi",
	  "le envía sus archivos; con un nombre, los que se llaman así"},
	 {NULL}, .line = ""},
	{"new", "ADDRESS", ACTION_NEW, COMMAND_OF_NO_TICKET,
	 {"begins a conversation, in a new mail",
	  "comincia una conversazione, in un nuovo messaggio",
	  "beginnt ein Gespräch, in einer neuen E-Mail",
	  "ouvre une conversation, dans un nouvel e-mail",
	  "empieza una conversación, en un correo nuevo"},
	 {"written to {1}", "scritto a {1}", "an {1} geschrieben", "écrit à {1}", "escrito a {1}"}, .line = NULL},
	{"away", "3d", ACTION_AWAY, COMMAND_MAY_STAND_ALONE | COMMAND_OF_NO_TICKET,
	 {"you are away until then, or until /away back: you are given no tickets",
	  "sei assente fino ad allora, o fino a /away back: non ricevi richieste",
	  "Sie sind bis dahin abwesend, oder bis /away back: Sie bekommen keine Anfragen",
	  "vous êtes absent jusque-là, ou jusqu'à /away back : aucune demande ne vous est confiée",
	  "está ausente hasta entonces, o hasta /away back: no se le asignan solicitudes"},
	 {"{1}", "{1}", "{1}", "{1}", "{1}"}, .line = ""},
	{"help", NULL, ACTION_HELP, COMMAND_TELLS | COMMAND_OF_NO_TICKET | COMMAND_IN_NOTICES,
	 {"sends you all commands",
	  "ti invia tutti i comandi",
	  "schickt Ihnen alle Befehle",
	  "vous envoie toutes les commandes",
	  "le envía todos los comandos"},
	 {NULL}, .line = ""},
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
			buffer_printf(&out, "%s%-33s %s", out.length ? "\n" : "", usage, commands[i].help[desk_language_number(language)]);
		else if (commands[i].what & COMMAND_IN_NOTICES)
			buffer_printf(&out, "%s%s", out.length ? "\n" : "", usage);
	}
	return arena_string(arena, buffer_string(&out));
}

const char *desk_command_done(struct arena *arena, const struct desk_command *command, const char *language, const char *what)
{
	const char *form = command->done[desk_language_number(language)], *mark = form ? strstr(form, "{1}") : NULL;
	if (!mark)
		return form ? form : "";
	return arena_printf(arena, "%.*s%s%s", (int)(mark - form), form, what, mark + strlen("{1}"));
}

const struct desk_command *desk_command_of(enum action_kind kind, const struct desk_field *field)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (commands[i].kind == kind && (!field || strcmp(commands[i].name, field->name) == 0))
			return &commands[i];
	return NULL;
}
