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
	  "la assegna a un operatore; \"me\": a te",
	  "weist sie jemandem zu; „me“: Ihnen selbst",
	  "la confie à un agent ; « me » : à vous-même",
	  "se la asigna a un agente; «me»: a usted"},
	 {"{1} has it", "ora è di {1}", "jetzt bei {1}", "confiée à {1}", "asignada a {1}"}, .line = NULL},
	{"queue", "QUEUE", ACTION_QUEUE, COMMAND_IN_NOTICES,
	 {"moves it to another queue",
	  "la sposta in un’altra coda",
	  "verschiebt sie in eine andere Warteschlange",
	  "la déplace dans une autre file",
	  "la pasa a otra cola"},
	 {"moved to queue {1}", "spostata nella coda {1}", "in die Warteschlange {1} verschoben", "déplacée dans la file {1}", "pasada a la cola {1}"}, .line = NULL},
	{"tag", "TAG", ACTION_TAG, COMMAND_IN_NOTICES,
	 {"adds a tag",
	  "aggiunge un’etichetta",
	  "fügt ein Stichwort hinzu",
	  "ajoute une étiquette",
	  "añade una etiqueta"},
	 {"tag {1} added", "etichetta {1} aggiunta", "Stichwort {1} hinzugefügt", "étiquette {1} ajoutée", "etiqueta {1} añadida"}, .line = NULL},
	{"untag", "TAG", ACTION_UNTAG, COMMAND_IN_NOTICES,
	 {"removes a tag",
	  "toglie un’etichetta",
	  "entfernt ein Stichwort",
	  "retire une étiquette",
	  "quita una etiqueta"},
	 {"tag {1} removed", "etichetta {1} tolta", "Stichwort {1} entfernt", "étiquette {1} retirée", "etiqueta {1} quitada"}, .line = NULL},
	{"cc", "ADDRESS", ACTION_CC, COMMAND_IN_NOTICES,
	 {"adds a participant, who gets the answers",
	  "aggiunge un partecipante, che riceve le risposte",
	  "nimmt jemanden auf, der die Antworten mitliest",
	  "ajoute un participant, qui reçoit les réponses",
	  "añade un participante, que recibe las respuestas"},
	 {"{1} takes part", "{1} partecipa", "{1} liest mit", "{1} participe", "{1} participa"}, .line = NULL},
	{"uncc", "ADDRESS", ACTION_UNCC, COMMAND_IN_NOTICES,
	 {"removes a participant",
	  "toglie un partecipante",
	  "entfernt einen Mitlesenden",
	  "retire un participant",
	  "quita a un participante"},
	 {"{1} no longer takes part", "{1} non partecipa più", "{1} liest nicht mehr mit", "{1} ne participe plus", "{1} ya no participa"}, .line = NULL},
	{"watch", NULL, ACTION_WATCH, 0,
	 {"tells you of everything that happens to it",
	  "ti avvisa di tutto ciò che succede",
	  "benachrichtigt Sie über alles, was mit ihr geschieht",
	  "vous avertit de tout ce qui s’y passe",
	  "le avisa de todo lo que ocurre en ella"},
	 {"you are watching it", "ora la segui", "Sie beobachten sie jetzt", "vous la suivez", "usted la sigue"}, .line = NULL},
	{"unwatch", NULL, ACTION_UNWATCH, 0,
	 {"no longer tells you of it",
	  "non ti avvisa più",
	  "benachrichtigt Sie nicht mehr",
	  "ne vous avertit plus",
	  "deja de avisarle"},
	 {"you no longer watch it", "non la segui più", "Sie beobachten sie nicht mehr", "vous ne la suivez plus", "usted ya no la sigue"}, .line = NULL},
	{"priority", "low|normal|high|urgent", ACTION_SET_FIELD, COMMAND_IN_NOTICES,
	 {"sets the priority",
	  "imposta la priorità",
	  "legt die Priorität fest",
	  "fixe la priorité",
	  "fija la prioridad"},
	 {"priority: {1}", "priorità: {1}", "Priorität: {1}", "priorité : {1}", "prioridad: {1}"}, .line = NULL},
	{"language", "it", ACTION_LANGUAGE, 0,
	 {"sets the language in which the customer is written to",
	  "imposta la lingua in cui si scrive al cliente",
	  "legt fest, in welcher Sprache dem Kunden geschrieben wird",
	  "fixe la langue dans laquelle on écrit au client",
	  "fija el idioma en que se escribe al cliente"},
	 {"language: {1}", "lingua: {1}", "Sprache: {1}", "langue : {1}", "idioma: {1}"}, .line = NULL},
	{"pending", "3d", ACTION_PEND, COMMAND_IN_NOTICES | COMMAND_WITH_ANSWER,
	 {"puts it on hold: 2h, 3d, 1w, tomorrow or a date",
	  "la mette in attesa: 2h, 3d, 1w, tomorrow o una data",
	  "stellt sie zurück: 2h, 3d, 1w, tomorrow oder ein Datum",
	  "la met en attente : 2h, 3d, 1w, tomorrow ou une date",
	  "la deja en espera: 2h, 3d, 1w, tomorrow o una fecha"},
	 {"on hold: {1}", "in attesa: {1}", "zurückgestellt: {1}", "en attente : {1}", "en espera: {1}"}, .line = "pend"},
	{"note", NULL, ACTION_NOTE, COMMAND_IN_NOTICES,
	 {"keeps your words internal",
	  "il tuo testo resta interno",
	  "Ihr Text bleibt intern",
	  "votre texte reste interne",
	  "su texto queda como nota interna"},
	 {NULL}, .line = NULL},
	{"resolve", NULL, ACTION_RESOLVE, COMMAND_IN_NOTICES | COMMAND_WITH_ANSWER,
	 {"it is solved; the customer is asked to confirm",
	  "è risolta; si chiede conferma al cliente",
	  "sie ist erledigt; der Kunde wird um Bestätigung gebeten",
	  "elle est résolue ; le client est invité à confirmer",
	  "está resuelta; se pide confirmación al cliente"},
	 {"resolved", "risolta", "erledigt", "résolue", "resuelta"}, .line = NULL},
	{"close", NULL, ACTION_CLOSE, COMMAND_IN_NOTICES | COMMAND_WITH_ANSWER,
	 {"closes it",
	  "la chiude",
	  "schließt sie ab",
	  "la clôture",
	  "la cierra"},
	 {"closed", "chiusa", "abgeschlossen", "clôturée", "cerrada"}, .line = NULL},
	{"reopen", NULL, ACTION_REOPEN, COMMAND_IN_NOTICES,
	 {"opens it again",
	  "la riapre",
	  "öffnet sie wieder",
	  "la rouvre",
	  "la reabre"},
	 {"open again", "riaperta", "wieder geöffnet", "rouverte", "reabierta"}, .line = NULL},
	{"spam", NULL, ACTION_SPAM, 0,
	 {"closes it without a word; nobody is told of its sender's next emails, until /reopen",
	  "la chiude senza rispondere; dei prossimi messaggi del mittente non si avvisa nessuno, fino a /reopen",
	  "schließt sie ohne Antwort ab; von weiteren E-Mails des Absenders erfährt niemand, bis /reopen",
	  "la clôture sans un mot ; des prochains e-mails de l’expéditeur, personne n’est averti, jusqu’à /reopen",
	  "la cierra sin decir nada; de los próximos correos del remitente no se avisa a nadie, hasta /reopen"},
	 {"closed as spam; /reopen takes it back", "chiusa come spam; /reopen lo annulla", "als Spam abgeschlossen; /reopen nimmt es zurück",
	  "clôturée comme spam ; /reopen l’annule", "cerrada como spam; /reopen lo deshace"}, .line = NULL},
	{"merge", "7", ACTION_MERGE, COMMAND_IN_NOTICES,
	 {"merges it into another request",
	  "la unisce a un’altra richiesta",
	  "legt sie mit einer anderen Anfrage zusammen",
	  "la fusionne avec une autre demande",
	  "la une a otra solicitud"},
	 {"merged into {1}", "unita alla {1}", "mit {1} zusammengelegt", "fusionnée avec la {1}", "unida a la {1}"}, .line = NULL},
	{"use", "NAME", ACTION_USE, 0,
	 {"sends a saved reply, with your words below it",
	  "invia una risposta salvata, con il tuo testo sotto",
	  "sendet einen Textbaustein, mit Ihrem Text darunter",
	  "envoie une réponse enregistrée, suivie de votre texte",
	  "envía una respuesta guardada, con su texto debajo"},
	 {NULL}, .line = ""},
	{"ask", "ADDRESS", ACTION_ASK, 0,
	 {"asks a third party, who sees nothing else; the customer sees nothing of it",
	  "chiede a terzi, che non vedono altro; il cliente non ne vede nulla",
	  "fragt einen Dritten, der sonst nichts erfährt; der Kunde erfährt nichts davon",
	  "interroge un tiers, qui ne voit rien d’autre ; le client n’en voit rien",
	  "pregunta a un tercero, que no ve nada más; el cliente no ve nada de ello"},
	 {"{1} was asked", "chiesto a {1}", "{1} wurde gefragt", "question envoyée à {1}", "se ha preguntado a {1}"}, .line = NULL},
	{"send", NULL, ACTION_REPLY, COMMAND_IN_NOTICES,
	 {"sends what came back to you",
	  "invia ciò che ti è tornato indietro",
	  "sendet, was an Sie zurückkam",
	  "envoie ce qui vous est revenu",
	  "envía lo que le fue devuelto"},
	 {NULL}, .line = "reply"},
	{"undo", NULL, ACTION_UNDO, 0,
	 {"takes back what your last email changed, within an hour",
	  "annulla ciò che ha cambiato il tuo ultimo messaggio, entro un’ora",
	  "nimmt zurück, was Ihre letzte E-Mail geändert hat, innerhalb einer Stunde",
	  "annule ce que votre dernier e-mail a changé, dans l’heure",
	  "deshace lo que cambió su último correo, en el plazo de una hora"},
	 {"undone: {1}", "annullato: {1}", "zurückgenommen: {1}", "annulé : {1}", "deshecho: {1}"}, .line = ""},
	{"show", "12", ACTION_SHOW, COMMAND_TELLS | COMMAND_ARGUMENT_IS_TICKET,
	 {"sends you the whole request",
	  "te la invia per intero",
	  "schickt sie Ihnen vollständig",
	  "vous l’envoie en entier",
	  "se la envía entera"},
	 {NULL}, .line = ""},
	{"list", "QUERY", ACTION_LIST, COMMAND_TELLS | COMMAND_MAY_STAND_ALONE | COMMAND_OF_NO_TICKET,
	 {"lists what is waiting for you, or what a query finds: state:open tag:vpn",
	  "elenca ciò che ti aspetta, o ciò che trova una ricerca: state:open tag:vpn",
	  "listet auf, was auf Sie wartet, oder was eine Suche findet: state:open tag:vpn",
	  "liste ce qui vous attend, ou ce que trouve une recherche : state:open tag:vpn",
	  "lista lo que le espera, o lo que encuentra una consulta: state:open tag:vpn"},
	 {NULL}, .line = ""},
	{"search", "WORDS", ACTION_SEARCH, COMMAND_TELLS | COMMAND_OF_NO_TICKET,
	 {"finds requests by their words",
	  "cerca le richieste per parole",
	  "sucht Anfragen nach Wörtern",
	  "cherche les demandes par mots",
	  "busca solicitudes por palabras"},
	 {NULL}, .line = ""},
	{"files", "NAME", ACTION_FILES, COMMAND_TELLS | COMMAND_MAY_STAND_ALONE | COMMAND_BARE_NUMBER | COMMAND_NEEDS_PROOF,
	 {"sends you its attachments; with a name, those whose names hold it",
	  "ti invia i suoi allegati; con un nome, quelli che lo contengono",
	  "schickt Ihnen ihre Anhänge; mit einem Namen nur die, die ihn enthalten",
	  "vous envoie ses pièces jointes ; avec un nom, celles dont le nom le contient",
	  "le envía sus archivos adjuntos; con un nombre, los que lo contienen"},
	 {NULL}, .line = ""},
	{"new", "ADDRESS", ACTION_NEW, COMMAND_OF_NO_TICKET,
	 {"begins a conversation, in a new email",
	  "comincia una conversazione, in un nuovo messaggio",
	  "beginnt ein Gespräch, in einer neuen E-Mail",
	  "ouvre une conversation, dans un nouvel e-mail",
	  "empieza una conversación, en un correo nuevo"},
	 {"written to {1}", "scritto a {1}", "an {1} geschrieben", "écrit à {1}", "escrito a {1}"}, .line = NULL},
	{"away", "3d", ACTION_AWAY, COMMAND_MAY_STAND_ALONE | COMMAND_OF_NO_TICKET,
	 {"you are away until then, or until /away back: you are given no requests",
	  "sei assente fino ad allora, o fino a /away back: non ricevi richieste",
	  "Sie sind bis dahin abwesend, oder bis /away back: Sie bekommen keine Anfragen",
	  "vous êtes absent jusque-là, ou jusqu’à /away back : aucune demande ne vous est confiée",
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

#define USAGE_BYTES 33                   /* of a line of the list, before what the command does */

static void add_usage(struct buffer *out, const struct desk_command *command)
{
	buffer_add_char(out, '/');
	buffer_add_string(out, command->name);
	if (command->argument) {
		buffer_add_char(out, ' ');
		buffer_add_string(out, command->argument);
	}
}

const char *desk_command_lines(struct arena *arena, const char *language)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (!language && !(commands[i].what & COMMAND_IN_NOTICES))
			continue;
		buffer_add_string(&out, out.length ? "\n" : "");
		size_t begins = out.length;
		add_usage(&out, &commands[i]);
		if (!language)
			continue;
		while (out.length < begins + USAGE_BYTES)
			buffer_add_char(&out, ' ');
		buffer_add_char(&out, ' ');
		buffer_add_string(&out, commands[i].help[desk_language_number(language)]);
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
