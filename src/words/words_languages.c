/*
 * words_languages.c - the small words of five languages: what says little in a question, and what tells a language.
 *
 * Words without accents, as they stand after folding. A word in here still counts, but little: "off" alone may be the point of a
 * question. Greetings and the days of the week are among them. Other languages work without a list: their small words are told by
 * standing in most articles.
 * May not know stems: the words are compared as they are written.
 */
#include "words.h"

#include <pthread.h>
#include <string.h>

const struct words_language words_languages[] = {
	{ "en",
	  " a about above after afternoon again against all almost already also although always am an and another any anybody "
	  "anyone anything are aren around as ask asked at away back be became because been before being below best between both "
	  "but by came can cannot cant come could couldn d day days dear did didn do does doesn doing don done down during each "
	  "either else enough etc even evening ever every everybody everyone everything few find first for friday from further "
	  "gave get gets getting give given go goes going gone got had hadn has hasn have haven having he hello help helpdesk her "
	  "here hers herself hey hi him himself his how however i if im in into is isn it its itself ive just keep kind know last "
	  "least less let like ll lot m made make makes many may maybe me might mine monday more morning most much must my myself "
	  "need needs never new next no nobody none nor not nothing now of off often ok on once one only or other others our ours "
	  "ourselves out over own please possible put rather re really regards s said same saturday say says see seem seems seen "
	  "shall she should shouldn show shows since sincerely so some somebody someone something somewhere soon still such "
	  "sunday support sure t take team tell than thank thanks that the their theirs them themselves then there these they "
	  "thing things think this those though through thursday thus till to today together tomorrow too tried try trying "
	  "tuesday two under until up upon us use used using ve very via want wants was wasn way we wednesday week weeks well "
	  "went were weren what when where whether which while who whole whom whose why will wish with within without won would "
	  "wouldn yes yesterday yet you your yours yourself " },
	{ "it",
	  " a abbia abbiamo abbiano ad adesso agli ai aiuto al alcuna alcune alcuni alcuno alla alle allo allora altra altre altri "
	  "altro anche ancora appena assistenza avere avete aveva avevano avevo avrebbe avrei avuto basta bene buona buonasera "
	  "buongiorno c cara care cari caro casa ce certa certo che chi chiedo ci ciao cio cioe circa come con cordiali cosa cosi "
	  "cui d da dagli dai dal dalla dalle dallo davanti de degli dei del dell della delle dello dentro detto deve devo devono "
	  "di dice dire domani domenica dopo dove dovrebbe dovrei due dunque durante e ecco ed egli ella entrambi era erano ero "
	  "essere esso est fa faccio fai fanno fare fatto favore fino forse fra fu fuori gentile gentili gia giorni giorno "
	  "giovedi gli grazie ha hai hanno ho i ieri il in infatti inoltre io l la le lei li lo loro lui lunedi ma mai martedi "
	  "mattina me meno mentre mercoledi mi mia mie miei mio modo molta molte molti molto ne neanche negli nei nel nell nella "
	  "nelle nello nemmeno neppure nessun nessuna nessuno niente noi non nostra nostre nostri nostro nulla o oggi ogni ognuno "
	  "oltre oppure or ora ore parte per perche percio pero piacere piu po poco poi porta possibile posso possono potete "
	  "potrebbe potrei potuto prego presso prima primo proprio puo puoi pur pure qual qualche qualcosa qualcuno quale quali "
	  "quando quanta quante quanti quanto quasi quel quella quelle quelli quello questa queste questi questo qui quindi "
	  "riesce riesco s sa sabato salutare saluti salve sara sarebbe scorsa se sei sempre senza sera serve settimana si sia "
	  "siamo siano siete solo sono sopra sotto sta stamattina stanno stata state stati stato stessa stesse stessi stesso sto "
	  "su sua subito sue sugli sui sul sulla sulle sullo suo suoi tale tali tanta tante tanti tanto te ti tra tre tu tua tue "
	  "tuo tuoi tutta tutte tutti tutto un una uno va vado vai vanno vari venerdi vengono vi viene voglio voi volta volte "
	  "vorrei vostra vostre vostri vostro vuoi vuole " },
	{ "de",
	  " ab aber alle allem allen aller alles als also am an andere anderen anderer anderes anders auch auf aus ausser bald bei "
	  "beide beiden beim bereits besser bin bis bist bitte brauche brauchen da dabei dadurch dafur dagegen daher dahin damen "
	  "damit danach daneben dank danke dann daran darauf daraus darf darin daruber darum darunter das dass davon davor dazu "
	  "dein deine dem den denen denn dennoch der deren des deshalb dessen die dienstag dies diese diesem diesen dieser dieses "
	  "doch donnerstag dort du durch durfen ein eine einem einen einer eines einige einigen einiger einiges einmal er erst es "
	  "etwa etwas euch euer eure fast frau freitag freundlichen fur ganz gar geben geehrte geehrter gegen gehe gehen geht "
	  "gemacht gern gerne gestern gibt gleich gruss grusse grussen gut guten hab habe haben hallo hat hatte hatten herr "
	  "herren heute hier hilfe hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer in indem ins ist ja "
	  "jede jedem jeden jeder jedes jedoch jemand jene jetzt kann kannst kein keine keinem keinen keiner konnen konnte "
	  "konnten lassen lasst liebe lieben lieber machen macht man manche mehr mein meine meinem meinen meiner meines mich mir "
	  "mit mittwoch mochte mochten montag morgen muss mussen musste nach nachdem nachste nachsten neben nehmen nein nicht "
	  "nichts nie niemand noch nun nur ob oben oder oft ohne sagen samstag schon sehr sein seine seinem seinen seiner seines "
	  "seit selbst sich sie sind so sobald solche soll sollen sollte sollten sondern sonntag sonst soweit sowie statt steht "
	  "tag tage trotz tun uber um und uns unser unsere unter usw viel viele vielen vielleicht vom von vor wahrend wann war "
	  "waren warum was wegen weil weiter welche welchem welchen welcher welches wem wen wenig wenn wer werde werden weshalb "
	  "wie wieder wieso will wir wird wirklich wo woche wofur wohl wollen wollte worden wurde wurden zu zum zur zwar zwei "
	  "zwischen " },
	{ "fr",
	  " a ai aide ainsi alors apres assistance au aucun aucune aujourd aujourdhui aura aussi autre autres aux avait avant avec "
	  "avez avoir avons bien bonjour bonsoir c ca car ce cela celle celui ces cet cette ceux chaque cher chere chez comme "
	  "comment cordialement d dans de deja demain depuis des dessous dessus deux devant dimanche dit dois doit donc dont du "
	  "elle elles en encore entre es est et etais etait ete etes etre eu faire fais fait faut hier ici il ils j jai jamais je "
	  "jeudi jour juste l la le les leur leurs lors lui lundi ma madame mais mardi matin me meme merci mercredi mes mieux moi "
	  "moins mon monsieur n ne ni non nos notre nous on ont ou oui par parce pas pendant peu peut peux plus plusieurs pour "
	  "pourquoi pourrais pourriez pouvez pouvoir quand que quel quelle quelles quelque quelques quels qui quoi rien s sa sais "
	  "salut samedi sans se semaine sera ses seulement si sinon soir soit son sont sous sujet sur ta te tel tes toi ton "
	  "toujours tous tout toute toutes tres trop tu un une va vais vendredi vers veux voici voila vos votre voudrais vous vu "
	  "y " },
	{ "es",
	  " a acerca ahora al algo alguien algun alguna algunas alguno algunos alli ambos ante antes aqui asi atentamente aun "
	  "aunque ayer ayuda bien buen buenas buenos cada casi como con cordial cosa cual cuales cualquier cuando cuanto de debe "
	  "debo del desde despues dia dias dice domingo donde dos durante e el ella ellas ello ellos en entonces entre era es esa "
	  "esas ese eso esos esta estaba estado estamos estan estar estas este estimada estimado esto estos estoy favor fin fue "
	  "fueron gracias ha haber habia hace hacer hacia hago han has hasta hay he hemos hola hoy igual jueves la las le les lo "
	  "los luego lunes manana martes mas me mejor mi mientras miercoles mis mismo modo mucho muchos muy nada nadie ni ningun "
	  "ninguna no nos nosotros nuestra nuestro nunca o os otra otras otro otros para parte pero poco poder podria podrian por "
	  "porque puede pueden puedo pues que quien quiero quisiera sabado saludo saludos se sea semana senor senora ser si sido "
	  "siempre sin sobre solo somos son soy su sus tal tambien tampoco tan tanto te tengo tiene tienen toda todas todo todos "
	  "tras tu tus un una unas uno unos usted ustedes va vamos varios ver vez viernes voy y ya yo " },
};
const size_t words_language_count = COUNT_OF(words_languages);

_Static_assert(COUNT_OF(words_languages) <= 16, "kb_entry.hits");

#define SLOTS 4096                       /* of all lists together; a power of two, less than half full */
static struct { const char *word; uint16_t languages; uint8_t length; } slots[SLOTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static size_t slot_of(const char *word, size_t length)
{
	size_t at = hash_spread(hash_bytes(word, length)) % SLOTS;

	while (slots[at].word && (slots[at].length != length || memcmp(slots[at].word, word, length) != 0))
		at = (at + 1) % SLOTS;
	return at;
}

static void fill(void)
{
	for (size_t i = 0; i < words_language_count; i++)
		for (const char *at = words_languages[i].small_words + 1; *at; at += strcspn(at, " ") + 1) {
			size_t length = strcspn(at, " "), slot = slot_of(at, length);

			slots[slot].word = at;
			slots[slot].length = (uint8_t)length;
			slots[slot].languages |= (uint16_t)(1u << i);
		}
}

unsigned words_small_in(const char *folded)
{
	pthread_once(&once, fill);
	return slots[slot_of(folded, strlen(folded))].languages;
}

bool words_small(unsigned small_in, const char *language)
{
	if (!language || !small_in)
		return small_in != 0;
	for (size_t i = 0; i < words_language_count; i++)
		if (!strcmp(words_languages[i].code, language))
			return small_in >> i & 1;
	return false;
}

/* A word of one language alone says more than one that two share. */
void words_count_small(unsigned small_in, unsigned often, unsigned *hits, unsigned *own)
{
	for (size_t i = 0; small_in && i < words_language_count; i++)
		if (small_in >> i & 1) {
			hits[i] += often * (small_in == 1u << i ? 2 : 1);
			if (own)
				own[i] += often * (small_in == 1u << i);
		}
}

void words_count_language(const char *text, unsigned *hits, unsigned *own)
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	while (words_next(&text, word, folded))
		words_count_small(words_small_in(folded), 1, hits, own);
}

const char *words_tell_language(const unsigned *hits)
{
	size_t best = 0;
	unsigned second = 0;

	for (size_t i = 1; i < words_language_count; i++)
		if (hits[i] > hits[best])
			best = i;
	for (size_t i = 0; i < words_language_count; i++)
		if (i != best && hits[i] > second)
			second = hits[i];
	return hits[best] >= 3 && hits[best] * 2 >= second * 3 ? words_languages[best].code : NULL;
}

const char *words_tell_among(const unsigned *hits, const char (*among)[4], size_t count)
{
	unsigned most = 0, second = 0;
	const char *best = NULL;

	for (size_t i = 0; i < words_language_count; i++) {
		bool likely = false;

		for (size_t k = 0; k < count; k++)
			likely |= !strcmp(among[k], words_languages[i].code);
		if (!likely)
			continue;
		if (hits[i] > most) {
			second = most;
			most = hits[i];
			best = words_languages[i].code;
		} else if (hits[i] > second)
			second = hits[i];
	}
	return most > second ? best : NULL;
}
