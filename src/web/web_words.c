/*
 * web_words.c - what the pages say, in the languages of the notices. One row a sentence; a test finds a gap.
 */
#include <string.h>

#include "web_private.h"

static const char *const languages[WEB_LANGUAGES] = {"en", "it", "de", "fr", "es"};

static const char *const words[WORD_COUNT][WEB_LANGUAGES] = {
	[WORD_REQUEST] = {"Request", "Richiesta", "Anfrage", "Demande", "Solicitud"},
	[WORD_STATUS] = {"Your request", "La sua richiesta", "Ihre Anfrage", "Votre demande", "Su solicitud"},
	[WORD_ASK_SOLVED] = {"Is your request solved?", "La sua richiesta è risolta?", "Ist Ihre Anfrage gelöst?", "Votre demande est-elle résolue ?", "¿Está resuelta su solicitud?"},
	[WORD_ASK_SOLVED_MORE] = {"We believe it is. If you agree, please confirm.", "Noi crediamo di sì. Se è d'accordo, lo confermi.", "Wir glauben, ja. Wenn Sie zustimmen, bestätigen Sie es bitte.",
		"Nous pensons que oui. Si vous êtes d'accord, merci de le confirmer.", "Creemos que sí. Si está de acuerdo, confírmelo, por favor."},
	[WORD_YES] = {"Yes, it is solved", "Sì, è risolta", "Ja, sie ist gelöst", "Oui, elle est résolue", "Sí, está resuelta"},
	[WORD_ASK_REFUSE] = {"Not solved yet?", "Non è ancora risolta?", "Noch nicht gelöst?", "Pas encore résolue ?", "¿Aún no está resuelta?"},
	[WORD_ASK_REFUSE_MORE] = {"We are sorry. Tell us what is still missing, if you like; we go on working on it.",
		"Ci dispiace. Se vuole, ci dica che cosa manca ancora; continuiamo a occuparcene.",
		"Das tut uns leid. Sagen Sie uns gern, was noch fehlt; wir arbeiten weiter daran.",
		"Nous en sommes désolés. Dites-nous, si vous le souhaitez, ce qui manque encore ; nous continuons à nous en occuper.",
		"Lo sentimos. Díganos, si lo desea, qué falta todavía; seguimos trabajando en ello."},
	[WORD_NO] = {"No, I still need help", "No, ho ancora bisogno di aiuto", "Nein, ich brauche noch Hilfe", "Non, j'ai encore besoin d'aide", "No, todavía necesito ayuda"},
	[WORD_YOUR_WORDS] = {"Your words (optional)", "Le sue parole (facoltativo)", "Ihre Worte (freiwillig)", "Vos mots (facultatif)", "Sus palabras (opcional)"},
	[WORD_CLOSED_NOW] = {"Thank you. Your request is closed.", "Grazie. La sua richiesta è chiusa.", "Danke. Ihre Anfrage ist abgeschlossen.", "Merci. Votre demande est close.", "Gracias. Su solicitud está cerrada."},
	[WORD_CLOSED_MORE] = {"If it comes back, simply reply to one of our mails.", "Se il problema torna, risponda semplicemente a una nostra e-mail.",
		"Falls es wiederkommt, antworten Sie einfach auf eine unserer Mails.", "Si le problème revient, répondez simplement à l'un de nos messages.",
		"Si vuelve a ocurrir, responda simplemente a uno de nuestros correos."},
	[WORD_OPEN_NOW] = {"Thank you. We go on working on your request.", "Grazie. Continuiamo a occuparci della sua richiesta.", "Danke. Wir arbeiten weiter an Ihrer Anfrage.",
		"Merci. Nous continuons à nous occuper de votre demande.", "Gracias. Seguimos trabajando en su solicitud."},
	[WORD_BEING_WORKED_ON] = {"Your request is being worked on.", "Ce ne stiamo occupando.", "Ihre Anfrage wird bearbeitet.", "Votre demande est en cours de traitement.", "Su solicitud se está tramitando."},
	[WORD_STATE_HELD] = {"We suggested an answer and wait for your word.", "Le abbiamo suggerito una risposta e aspettiamo una sua parola.", "Wir haben eine Antwort vorgeschlagen und warten auf Ihr Wort.",
		"Nous avons suggéré une réponse et attendons votre avis.", "Hemos sugerido una respuesta y esperamos su palabra."},
	[WORD_STATE_EXPIRED] = {"We did not hear from you again. Write to us, and it goes on.", "Non abbiamo più avuto sue notizie. Ci scriva e si riparte.", "Wir haben nichts mehr von Ihnen gehört. Schreiben Sie uns, dann geht es weiter.",
		"Nous n'avons plus eu de vos nouvelles. Écrivez-nous pour continuer.", "No hemos vuelto a saber de usted. Escríbanos y continuamos."},
	[WORD_STATE_NEW] = {"Received; one of us will take it soon.", "Ricevuta; uno di noi se ne occuperà presto.", "Eingegangen; jemand von uns nimmt sich ihrer bald an.", "Reçue ; l'un de nous s'en chargera bientôt.", "Recibida; pronto la atenderá uno de nosotros."},
	[WORD_STATE_OPEN] = {"Being worked on.", "In lavorazione.", "In Bearbeitung.", "En cours de traitement.", "En curso."},
	[WORD_STATE_PENDING] = {"Waiting.", "In attesa.", "Wartet.", "En attente.", "En espera."},
	[WORD_STATE_RESOLVED] = {"We believe that it is solved.", "Crediamo che sia risolta.", "Wir glauben, dass sie gelöst ist.", "Nous pensons qu'elle est résolue.", "Creemos que está resuelta."},
	[WORD_STATE_CLOSED] = {"Closed.", "Chiusa.", "Abgeschlossen.", "Close.", "Cerrada."},
	[WORD_SAID] = {"What was said", "La conversazione", "Was gesagt wurde", "Les échanges", "La conversación"},
	[WORD_SOMEBODY_ELSE] = {"Somebody else", "Un’altra persona", "Jemand anderes", "Quelqu’un d’autre", "Otra persona"},
	[WORD_NOT_SHOWN] = {"This message came from another address. We have it, but it is not shown here.", "Questo messaggio arriva da un altro indirizzo. L’abbiamo ricevuto, ma qui non si può leggere.",
		"Diese Nachricht kam von einer anderen Adresse. Sie liegt uns vor, wird hier aber nicht gezeigt.",
		"Ce message vient d’une autre adresse. Nous l’avons reçu, mais il n’est pas affiché ici.", "Este mensaje llegó desde otra dirección. Lo tenemos, pero no se muestra aquí."},
	[WORD_YOU] = {"You", "Lei", "Sie", "Vous", "Usted"},
	[WORD_WRITE_MORE] = {"Write more", "Aggiunga qualcosa", "Etwas hinzufügen", "Ajouter un message", "Añadir algo"},
	[WORD_SEND] = {"Send", "Invia", "Senden", "Envoyer", "Enviar"},
	[WORD_SENT] = {"Thank you, your words have arrived.", "Grazie, le sue parole sono arrivate.", "Danke, Ihre Nachricht ist angekommen.", "Merci, votre message est arrivé.", "Gracias, su mensaje ha llegado."},
	[WORD_RATE] = {"How was it?", "Com'è andata?", "Wie war es?", "Comment cela s'est-il passé ?", "¿Qué le ha parecido?"},
	[WORD_RATE_MORE] = {"1 is bad, 5 is very good.", "1 è male, 5 è molto bene.", "1 ist schlecht, 5 ist sehr gut.", "1 : mauvais, 5 : très bien.", "1 es malo, 5 es muy bueno."},
	[WORD_RATED] = {"Thank you for your rating:", "Grazie per la sua valutazione:", "Danke für Ihre Bewertung:", "Merci pour votre évaluation :", "Gracias por su valoración:"},
	[WORD_TOO_OLD] = {"This link is too old", "Questo link è troppo vecchio", "Dieser Link ist zu alt", "Ce lien est trop ancien", "Este enlace es demasiado antiguo"},
	[WORD_TOO_OLD_MORE] = {"Simply reply to one of our mails, and your words reach us.", "Risponda semplicemente a una nostra e-mail e le sue parole ci arriveranno.",
		"Antworten Sie einfach auf eine unserer Mails, dann erreichen uns Ihre Worte.", "Répondez simplement à l'un de nos messages, et vos mots nous parviendront.",
		"Responda simplemente a uno de nuestros correos y sus palabras nos llegarán."},
	[WORD_UNKNOWN] = {"There is no such page", "Questa pagina non esiste", "Diese Seite gibt es nicht", "Cette page n'existe pas", "Esta página no existe"},
	[WORD_UNKNOWN_MORE] = {"Perhaps the link was cut. Open it from the mail again, or reply to the mail.", "Forse il link è stato troncato. Lo riapra dall'e-mail o risponda all'e-mail.",
		"Vielleicht wurde der Link abgeschnitten. Öffnen Sie ihn noch einmal aus der Mail, oder antworten Sie auf die Mail.",
		"Le lien a peut-être été coupé. Ouvrez-le de nouveau depuis le message, ou répondez au message.",
		"Quizá el enlace se cortó. Ábralo de nuevo desde el correo o responda al correo."},
	[WORD_TROUBLE] = {"That did not work", "Non ha funzionato", "Das hat nicht geklappt", "Cela n'a pas fonctionné", "No ha funcionado"},
	[WORD_TROUBLE_MORE] = {"Please try again in a moment. Nothing was changed.", "Riprovi tra un momento. Nulla è stato modificato.", "Bitte versuchen Sie es gleich noch einmal. Es wurde nichts geändert.",
		"Merci de réessayer dans un instant. Rien n'a été modifié.", "Inténtelo de nuevo en un momento. No se ha cambiado nada."},
	[WORD_ASK_KB_SOLVED] = {"Did this solve it?", "Questo ha risolto?", "Hat das geholfen?", "Cela a-t-il résolu votre problème ?", "¿Esto lo ha resuelto?"},
	[WORD_ASK_KB_MORE] = {"Then your request is closed, and nobody needs to answer.", "Allora la sua richiesta viene chiusa e nessuno dovrà risponderle.",
		"Dann wird Ihre Anfrage abgeschlossen, und niemand muss mehr antworten.", "Votre demande sera alors close, et personne n'aura à répondre.",
		"Entonces su solicitud se cierra y nadie tendrá que responder."},
	[WORD_ASK_KB_WHICH] = {"Which one solved it?", "Quale ha risolto?", "Welcher Artikel hat geholfen?", "Lequel a résolu votre problème ?", "¿Cuál lo ha resuelto?"},
	[WORD_KB_SOLVED] = {"Yes, this solved it", "Sì, questo ha risolto", "Ja, das hat es gelöst", "Oui, cela a résolu mon problème", "Sí, esto lo ha resuelto"},
	[WORD_KB_OTHER] = {"Something else solved it", "Ha risolto qualcos'altro", "Etwas anderes hat es gelöst", "Autre chose l'a résolu", "Lo ha resuelto otra cosa"},
	[WORD_ASK_HELP] = {"Do you still need help?", "Ha ancora bisogno di aiuto?", "Brauchen Sie noch Hilfe?", "Avez-vous encore besoin d'aide ?", "¿Todavía necesita ayuda?"},
	[WORD_ASK_HELP_MORE] = {"Then one of us takes care of your request. If you like, tell us what is missing.", "Allora uno di noi si occuperà della sua richiesta. Se vuole, ci dica che cosa manca.",
		"Dann kümmert sich jemand von uns um Ihre Anfrage. Wenn Sie möchten, sagen Sie uns, was fehlt.",
		"L'un de nous s'occupera alors de votre demande. Si vous le souhaitez, dites-nous ce qui manque.",
		"Entonces uno de nosotros se ocupará de su solicitud. Si lo desea, díganos qué falta."},
	[WORD_HELP] = {"I still need help", "Ho ancora bisogno di aiuto", "Ich brauche noch Hilfe", "J'ai encore besoin d'aide", "Todavía necesito ayuda"},
	[WORD_HELP_NOW] = {"Thank you. One of us takes care of your request.", "Grazie. Uno di noi si occupa della sua richiesta.", "Danke. Jemand von uns kümmert sich um Ihre Anfrage.",
		"Merci. L'un de nous s'occupe de votre demande.", "Gracias. Uno de nosotros se ocupa de su solicitud."},
	[WORD_HELP_NOW_MORE] = {"We answer you by mail.", "Le risponderemo per e-mail.", "Wir antworten Ihnen per E-Mail.", "Nous vous répondrons par e-mail.", "Le responderemos por correo."},
	[WORD_SUGGESTED] = {"Perhaps this helps", "Forse questo la aiuta", "Vielleicht hilft das", "Ceci vous aidera peut-être", "Quizá esto le ayude"},
	[WORD_EARLIER] = {"Earlier messages", "Messaggi precedenti", "Frühere Nachrichten", "Messages précédents", "Mensajes anteriores"},
	[WORD_LATER] = {"Later messages", "Messaggi successivi", "Spätere Nachrichten", "Messages suivants", "Mensajes posteriores"},
	[WORD_READ_ON] = {"Read on", "Continua a leggere", "Weiterlesen", "Lire la suite", "Seguir leyendo"},
	[WORD_READ_BACK] = {"Back to the part before", "Torna alla parte precedente", "Zurück zum vorigen Teil", "Revenir à la partie précédente", "Volver a la parte anterior"},
	[WORD_HOW_IT_STANDS] = {"See how your request stands", "Veda a che punto è la sua richiesta", "Sehen Sie, wie es um Ihre Anfrage steht", "Voir où en est votre demande", "Vea cómo va su solicitud"},
};

size_t web_language_index(const char *language)
{
	for (size_t i = 0; i < WEB_LANGUAGES; i++)
		if (language && strncmp(language, languages[i], 2) == 0 && (!language[2] || language[2] == '-'))
			return i;
	return 0;
}

const char *web_language_name(size_t index)
{
	return languages[index];
}

const char *web_word(enum web_word word, size_t language)
{
	return words[word][language];
}

/* The first wanted language that is one of ours; quality values are in descending order in every browser we know. */
const char *web_language(const char *accept_language, const char *otherwise)
{
	for (const char *at = accept_language; *at;) {
		char tag[3] = {0};
		at += strspn(at, " ,\t");
		if (at[0] && at[1]) {
			tag[0] = (char)(at[0] | 32);
			tag[1] = (char)(at[1] | 32);
		}
		for (size_t i = 0; i < WEB_LANGUAGES; i++)
			if (strcmp(tag, languages[i]) == 0)
				return languages[i];
		at += strcspn(at, ",");
	}
	return otherwise && *otherwise ? otherwise : "en";
}
