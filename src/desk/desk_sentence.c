/*
 * desk_sentence.c - what the desk says to an agent about a line of his mail: each sentence once, in the languages of the notices.
 *
 * {1}, {2} and {3} stand for what it is about. Says nothing about when: desk_command.c and its neighbours do. A sentence has no end mark, since it
 * stands behind the line that it is about. The first of each is English, and the one that the command line shows.
 */
#include <string.h>

#include "desk_private.h"

static const char *const sentences[SAY_COUNT][DESK_LANGUAGES] = {
	[SAY_TOO_MANY] = {"there are more than {1} commands: send the others in a mail of their own",
		"ci sono più di {1} comandi: invia gli altri in un messaggio a parte",
		"es sind mehr als {1} Befehle: senden Sie die übrigen in einer eigenen E-Mail",
		"il y a plus de {1} commandes : envoyez les autres dans un e-mail à part",
		"hay más de {1} comandos: envíe los demás en un correo aparte"},
	[SAY_NO_COMMAND] = {"\"/{1}\" is not a command", "\"/{1}\" non è un comando", "„/{1}“ ist kein Befehl", "« /{1} » n’est pas une commande",
		"«/{1}» no es un comando"},
	[SAY_NEEDS_WORD] = {"/{1} needs a word behind it: {2}", "/{1} vuole una parola dopo di sé: {2}", "hinter /{1} gehört ein Wort: {2}",
		"/{1} demande un mot à sa suite : {2}", "/{1} necesita una palabra detrás: {2}"},
	[SAY_ALONE] = {"/{1} stands alone on its line, but \"{2}\" follows", "/{1} va da solo sulla riga, ma segue \"{2}\"",
		"/{1} steht allein in seiner Zeile, aber „{2}“ folgt", "/{1} doit être seule sur sa ligne, mais « {2} » la suit",
		"/{1} va solo en su línea, pero le sigue «{2}»"},
	[SAY_NO_AGENT] = {"there is no agent \"{1}\"", "non c’è nessun agente \"{1}\"", "es gibt niemanden namens „{1}“", "il n’y a pas d’agent « {1} »",
		"no hay ningún agente «{1}»"},
	[SAY_NO_QUEUE] = {"there is no queue \"{1}\"", "non c’è nessuna coda \"{1}\"", "es gibt keine Warteschlange „{1}“", "il n’y a pas de file « {1} »",
		"no hay ninguna cola «{1}»"},
	[SAY_NO_ADDRESS] = {"\"{1}\" is no address", "\"{1}\" non è un indirizzo", "„{1}“ ist keine Adresse", "« {1} » n’est pas une adresse",
		"«{1}» no es una dirección"},
	[SAY_NO_TIME] = {"\"{1}\" is no time to come: write 3d, 2h, 1w, tomorrow or 2026-11-25",
		"\"{1}\" non è un momento futuro: scrivi 3d, 2h, 1w, tomorrow o 2026-11-25",
		"„{1}“ ist kein künftiger Zeitpunkt: schreiben Sie 3d, 2h, 1w, tomorrow oder 2026-11-25",
		"« {1} » n’est pas un moment à venir : écrivez 3d, 2h, 1w, tomorrow ou 2026-11-25",
		"«{1}» no es un momento futuro: escriba 3d, 2h, 1w, tomorrow o 2026-11-25"},
	[SAY_NO_NUMBER] = {"\"{1}\" is no ticket number: write /{2} 7", "\"{1}\" non è il numero di un ticket: scrivi /{2} 7",
		"„{1}“ ist keine Nummer einer Anfrage: schreiben Sie /{2} 7", "« {1} » n’est pas un numéro de demande : écrivez /{2} 7",
		"«{1}» no es un número de solicitud: escriba /{2} 7"},
	[SAY_NOT_OF_FIELD] = {"\"{1}\" is no {2}: {3}", "\"{1}\" non va bene per {2}: {3}", "„{1}“ passt nicht zu {2}: {3}", "« {1} » ne convient pas à {2} : {3}",
		"«{1}» no vale para {2}: {3}"},
	[SAY_BELOW] = {"/{1} stands below your words: commands are carried out on the first lines only",
		"/{1} sta sotto il tuo testo: i comandi valgono solo sulle prime righe",
		"/{1} steht unter Ihrem Text: Befehle werden nur in den ersten Zeilen ausgeführt",
		"/{1} se trouve sous votre texte : les commandes ne valent que sur les premières lignes",
		"/{1} está debajo de su texto: los comandos solo valen en las primeras líneas"},
	[SAY_NO_TICKET] = {"there is no ticket {1}", "non c’è nessun ticket {1}", "es gibt keine Anfrage {1}", "il n’y a pas de demande {1}", "no hay ninguna solicitud {1}"},
	[SAY_NOT_YOURS] = {"ticket {1} is in none of your queues, and you were not told of it", "il ticket {1} non è in nessuna delle tue code, e non ne sei stato avvisato",
		"Anfrage {1} ist in keiner Ihrer Warteschlangen, und Sie wurden von ihr nicht benachrichtigt",
		"la demande {1} n’est dans aucune de vos files, et vous n’en avez pas été averti",
		"la solicitud {1} no está en ninguna de sus colas, y no se le avisó de ella"},
	[SAY_WHICH_TICKET] = {"/{1} needs the number of a ticket here: {2}", "qui /{1} vuole il numero di un ticket: {2}", "/{1} braucht hier die Nummer einer Anfrage: {2}",
		"/{1} demande ici le numéro d’une demande : {2}", "/{1} necesita aquí el número de una solicitud: {2}"},
	[SAY_NO_LANGUAGE] = {"\"{1}\" is no language: write it, de or fr", "\"{1}\" non è una lingua: scrivi it, de o fr", "„{1}“ ist keine Sprache: schreiben Sie it, de oder fr",
		"« {1} » n’est pas une langue : écrivez it, de ou fr", "«{1}» no es un idioma: escriba it, de o fr"},
	[SAY_NOT_PROVED] = {"nothing proves that you wrote it, and it came without the signed address of a notice: reply to a notice, or write from where your mail server proves you (authserv_id)",
		"niente prova che l’hai scritto tu, ed è arrivato senza l’indirizzo firmato di un avviso: rispondi a un avviso, o scrivi da dove il server di posta ti riconosce (authserv_id)",
		"nichts beweist, dass Sie es geschrieben haben, und es kam ohne die signierte Adresse einer Benachrichtigung: antworten Sie auf eine Benachrichtigung, oder schreiben Sie von dort, wo Ihr Mailserver Sie nachweist (authserv_id)",
		"rien ne prouve que vous l’avez écrit, et il est arrivé sans l’adresse signée d’un avis : répondez à un avis, ou écrivez de là où votre serveur de messagerie vous reconnaît (authserv_id)",
		"nada prueba que lo haya escrito usted, y llegó sin la dirección firmada de un aviso: responda a un aviso, o escriba desde donde su servidor de correo le reconozca (authserv_id)"},
	[SAY_FOR_NOBODY] = {"your words are for nobody here: begin with /note #12 or /new ADDRESS, or reply to the notice of the request",
		"il tuo testo qui non è per nessuno: comincia con /note #12 o /new INDIRIZZO, o rispondi all’avviso della richiesta",
		"Ihr Text ist hier für niemanden: beginnen Sie mit /note #12 oder /new ADRESSE, oder antworten Sie auf die Benachrichtigung der Anfrage",
		"votre texte n’est ici pour personne : commencez par /note #12 ou /new ADRESSE, ou répondez à l’avis de la demande",
		"su texto aquí no es para nadie: empiece con /note #12 o /new DIRECCIÓN, o responda al aviso de la solicitud"},
	[SAY_NEW_ALONE] = {"/new begins a conversation: write it on the first line of a new mail to a queue", "/new comincia una conversazione: scrivilo sulla prima riga di un nuovo messaggio a una coda",
		"/new beginnt ein Gespräch: schreiben Sie es in die erste Zeile einer neuen E-Mail an eine Warteschlange",
		"/new ouvre une conversation : écrivez-la sur la première ligne d’un nouvel e-mail à une file",
		"/new empieza una conversación: escríbalo en la primera línea de un correo nuevo a una cola"},
	[SAY_ONCE] = {"/{1} may stand in a mail once", "/{1} può stare una volta sola in un messaggio", "/{1} darf nur einmal in einer E-Mail stehen",
		"/{1} ne peut figurer qu’une fois dans un e-mail", "/{1} puede estar una sola vez en un correo"},
	[SAY_NO_WORDS] = {"there are no words: write them below /{1}", "manca il testo: scrivilo sotto /{1}", "es fehlt der Text: schreiben Sie ihn unter /{1}",
		"il manque le texte : écrivez-le sous /{1}", "falta el texto: escríbalo debajo de /{1}"},
	[SAY_NO_UNDO] = {"there is nothing of yours to undo on ticket {1}: only your last mail, within an hour", "non c’è nulla di tuo da annullare nel ticket {1}: solo il tuo ultimo messaggio, entro un’ora",
		"bei Anfrage {1} gibt es nichts von Ihnen zurückzunehmen: nur Ihre letzte E-Mail, innerhalb einer Stunde",
		"il n’y a rien de vous à annuler sur la demande {1} : seulement votre dernier e-mail, dans l’heure",
		"no hay nada suyo que deshacer en la solicitud {1}: solo su último correo, en el plazo de una hora"},
	[SAY_ACTED_SINCE] = {"{1} has acted on ticket {2} since: nothing is undone", "{1} è intervenuto dopo di te sul ticket {2}: non si annulla nulla",
		"{1} hat seither an Anfrage {2} gearbeitet: nichts wird zurückgenommen", "{1} est intervenu depuis sur la demande {2} : rien n’est annulé",
		"{1} ha intervenido después en la solicitud {2}: no se deshace nada"},
	[SAY_MERGE_NOT_YOURS] = {"one of the two requests is in none of your queues", "una delle due richieste non è in nessuna delle tue code",
		"eine der beiden Anfragen ist in keiner Ihrer Warteschlangen", "l’une des deux demandes n’est dans aucune de vos files",
		"una de las dos solicitudes no está en ninguna de sus colas"},
	[SAY_HOUSE_TOKEN] = {"it quotes an address that opens the house: write it without quoting anything", "cita un indirizzo che apre la casa: scrivilo senza citare nulla",
		"es zitiert eine Adresse, die das Haus öffnet: schreiben Sie es, ohne etwas zu zitieren", "il cite une adresse qui ouvre la maison : écrivez-le sans rien citer",
		"cita una dirección que abre la casa: escríbalo sin citar nada"},
	[SAY_NO_REPLY] = {"there is no saved reply \"{1}\"; there are: {2}", "non c’è nessuna risposta salvata \"{1}\"; ci sono: {2}",
		"es gibt keinen Textbaustein „{1}“; es gibt: {2}", "il n’y a pas de réponse enregistrée « {1} » ; il y a : {2}",
		"no hay ninguna respuesta guardada «{1}»; hay: {2}"},
	[SAY_NO_WAITING] = {"\"{1}\" is nobody to wait for: write customer, third-party or ourselves", "\"{1}\" non è chi si può aspettare: scrivi customer, third-party o ourselves",
		"auf „{1}“ kann man nicht warten: schreiben Sie customer, third-party oder ourselves", "on ne peut attendre « {1} » : écrivez customer, third-party ou ourselves",
		"no se puede esperar a «{1}»: escriba customer, third-party u ourselves"},
	[SAY_OURS] = {"\"{1}\" is an address of this desk or of its agents", "\"{1}\" è un indirizzo di questo servizio o dei suoi agenti", "„{1}“ ist eine Adresse dieses Helpdesks oder seiner Mitarbeiter",
		"« {1} » est une adresse de ce service ou de ses agents", "«{1}» es una dirección de este servicio o de sus agentes"},
	[SAY_READS] = {"{1} takes part in ticket {2}: answer there, or take the address out by /uncc first", "{1} partecipa al ticket {2}: rispondi lì, o prima escludilo con /uncc",
		"{1} nimmt an Anfrage {2} teil: antworten Sie dort, oder nehmen Sie die Adresse zuerst mit /uncc heraus",
		"{1} participe à la demande {2} : répondez là, ou retirez d’abord l’adresse par /uncc", "{1} participa en la solicitud {2}: responda allí, o saque antes la dirección con /uncc"},
	[SAY_LONG_LINE] = {"the line is too long: a command has {1} bytes at most", "la riga è troppo lunga: un comando ha al massimo {1} byte",
		"die Zeile ist zu lang: ein Befehl hat höchstens {1} Bytes", "la ligne est trop longue : une commande compte au plus {1} octets",
		"la línea es demasiado larga: un comando tiene {1} bytes como máximo"},
	[SAY_READS_ONLY] = {"you may read and leave notes, and do nothing else (agents[].role): begin with the line {1}",
		"puoi leggere e lasciare note, e nient’altro (agents[].role): comincia con la riga {1}",
		"Sie dürfen lesen und Notizen hinterlassen, sonst nichts (agents[].role): beginnen Sie mit der Zeile {1}",
		"vous pouvez lire et laisser des notes, rien d’autre (agents[].role) : commencez par la ligne {1}",
		"puede leer y dejar notas, y nada más (agents[].role): empiece con la línea {1}"},
	[SAY_MANY_WORDS] = {"a search has at most {1} words", "una ricerca ha al massimo {1} parole", "eine Suche hat höchstens {1} Wörter",
		"une recherche compte au plus {1} mots", "una búsqueda tiene {1} palabras como máximo"},
	[SAY_ASKED_OFTEN] = {"what one mail asks for is answered by {1} mails at most: ask for the rest in another", "a ciò che chiede un messaggio si risponde con {1} messaggi al massimo: chiedi il resto in un altro",
		"was eine E-Mail erfragt, wird mit höchstens {1} E-Mails beantwortet: fragen Sie den Rest in einer weiteren",
		"à ce que demande un e-mail, il est répondu par {1} e-mails au plus : demandez le reste dans un autre",
		"a lo que pide un correo se responde con {1} correos como máximo: pida el resto en otro"},
	[SAY_SPAM_SAYS_NOTHING] = {"/spam closes without a word: take out your words, or begin with /note", "/spam chiude senza una parola: togli il tuo testo, o comincia con /note",
		"/spam schließt ohne ein Wort: nehmen Sie Ihren Text heraus, oder beginnen Sie mit /note",
		"/spam ferme sans un mot : retirez votre texte, ou commencez par /note", "/spam cierra sin decir nada: quite su texto, o empiece con /note"},
	[SAY_AWAY] = {"you are away until you write /away back: you are given no requests, and your queues hear of yours",
		"sei assente finché non scrivi /away back: non ricevi nuove richieste, e delle tue sono avvisate le tue code",
		"Sie sind abwesend, bis Sie /away back schreiben: Sie bekommen keine Anfragen, und von Ihren erfahren Ihre Warteschlangen",
		"vous êtes absent jusqu’à ce que vous écriviez /away back : aucune demande ne vous est confiée, et vos files sont averties des vôtres",
		"está ausente hasta que escriba /away back: no se le asignan solicitudes, y de las suyas se avisa a sus colas"},
	[SAY_AWAY_UNTIL] = {"you are away until {1}: you are given no requests, and your queues hear of yours",
		"sei assente fino al {1}: non ricevi nuove richieste, e delle tue sono avvisate le tue code",
		"Sie sind abwesend bis {1}: Sie bekommen keine Anfragen, und von Ihren erfahren Ihre Warteschlangen",
		"vous êtes absent jusqu’au {1} : aucune demande ne vous est confiée, et vos files sont averties des vôtres",
		"está ausente hasta el {1}: no se le asignan solicitudes, y de las suyas se avisa a sus colas"},
	[SAY_BACK] = {"you are back: you are given requests again", "sei di nuovo presente: ricevi di nuovo richieste", "Sie sind zurück: Sie bekommen wieder Anfragen",
		"vous êtes de retour : des demandes vous sont de nouveau confiées", "ha vuelto: se le asignan solicitudes de nuevo"},
	[SAY_IS_ARGUMENT] = {"{1}", "{1}", "{1}", "{1}", "{1}"},
};

const char *desk_sentence(struct arena *arena, const char *language, enum sentence which, const char *one, const char *two, const char *three)
{
	CLEANUP_BUFFER struct buffer out;
	const char *const values[] = {one, two, three};
	buffer_init(&out);
	for (const char *at = sentences[which][desk_language_number(language)]; *at; at++) {
		size_t number = at[0] == '{' && at[1] >= '1' && at[1] <= '3' && at[2] == '}' ? (size_t)(at[1] - '0') : 0;
		if (number) {
			buffer_add_string(&out, values[number - 1] ? values[number - 1] : "");
			at += 2;
		} else
			buffer_add_char(&out, *at);
	}
	return arena_string(arena, buffer_string(&out));
}

enum status desk_refuse(const struct decision *d, struct error *error, enum status status, enum sentence which, const char *one, const char *two, const char *three)
{
	return error_set(error, status, "%s", desk_sentence(d->arena, d->language ? d->language : "en", which, one, two, three));
}
