/*
 * kb_same.c - words that customers and articles use for the same thing, over five languages.
 *
 * "My projector is blurred" finds "Why does the screen look fuzzy", and an Italian mail finds an English article. Each row is one notion
 * of a help desk: computers, networks, mail, orders and bills. A match over a row counts less than the word itself (kb_rank.c).
 * Words stand without accents. They are compared by their stems, in each of the languages: a row needs no plurals.
 * May not hold names of products or of one company; what only one desk says belongs into the keywords of its articles.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const rows_of_words[] = {
	"password passphrase passcode kennwort passwort contrasena clave parola pin",
	"login signin logon logging anmelden anmeldung einloggen accesso accedere autenticazione connexion identifier iniciar "
	"sesion authentication",
	"logout abmelden disconnettersi uscire deconnexion cerrar",
	"account user profile benutzer benutzerkonto konto utente profilo compte utilisateur cuenta usuario",
	"colleague coworker trainee intern newcomer employee kollege kollegin mitarbeiter praktikant collega dipendente "
	"stagista collegue stagiaire empleado companero",
	"computer pc laptop notebook machine desktop rechner portatile calcolatore ordinateur portable ordenador portatil",
	"screen display monitor bildschirm anzeige schermo visualizzazione ecran moniteur pantalla",
	"projector beamer proiettore videoprojecteur proyector",
	"resolution blurred blurry fuzzy pixelated unscharf verschwommen auflosung sfocato sfuocato sgranato risoluzione flou "
	"nitido borroso",
	"brightness dim dark helligkeit dunkel luminosita luminoso scuro luminosite oscuro brillo",
	"black blank schwarz nero noir negro",
	"lock locked sperren gesperrt sperre bloccare bloccato blocco verrouiller bloquear bloqueado",
	"printer print printing drucker drucken druck stampante stampare stampa imprimante imprimer impression impresora "
	"imprimir",
	"paper sheet page papier blatt seite carta foglio pagina feuille papel hoja",
	"jam jammed stuck swallowed papierstau stau inceppato inceppamento incastrato bourrage atasco",
	"duplex twosided doublesided beidseitig doppelseitig fronteretro retro lati rectoverso",
	"scanner scan scannen scansione scannerizzare numeriser escanear",
	"wifi wireless wlan fili inalambrica",
	"network net lan netz netzwerk rete reseau red",
	"internet web online website site seite sito pagina",
	"connect connection connecting join verbinden verbindung collegare collegamento connettere connessione connecter "
	"conectar conexion",
	"disconnect drop dropping trennen unterbrochen disconnettere cade deconnecter desconectar",
	"slow crawl sluggish lag langsam lento lentamente lentezza lent rallentare",
	"fast speed quick schnell geschwindigkeit veloce velocita vitesse rapide velocidad rapido",
	"vpn tunnel",
	"email mail message post nachricht posta messaggio courriel mensaje correo",
	"attachment anhang allegato piece adjunto",
	"address adresse indirizzo direccion",
	"browser firefox chrome edge safari navigateur navegador",
	"program application app software programm anwendung programma applicazione logiciel programa aplicacion",
	"default standard predefinito defaut predeterminado",
	"install installation setup installieren installare installazione installer instalar",
	"update upgrade aktualisieren aktualisierung aggiornare aggiornamento mise maj actualizar actualizacion",
	"remove delete erase uninstall loschen entfernen cancellare eliminare rimuovere supprimer borrar eliminar",
	"restore recover undelete wiederherstellen recuperare ripristinare restaurer recuperar restaurar",
	"trash bin wastebasket papierkorb cestino corbeille papelera",
	"file document datei dokument documento fichier archivo",
	"folder directory ordner verzeichnis cartella dossier carpeta",
	"save store speichern salvare salvataggio enregistrer sauvegarder guardar",
	"backup copy sicherung sichern kopie copia sauvegarde copie respaldo",
	"lost missing vanished gone verloren fehlt verschwunden perso smarrito sparito mancante perdu perdido",
	"disk drive harddisk festplatte laufwerk platte disco disque",
	"space room capacity full speicherplatz platz voll spazio pieno espace plein espacio lleno",
	"clean clear purge junk bereinigen aufraumen pulire svuotare nettoyer vider limpiar vaciar",
	"usb stick pendrive flash chiavetta cle",
	"cable wire plug kabel stecker cavo spina filo enchufe",
	"battery akku batterie batteria bateria pila",
	"charge charging charger laden ladegerat caricare ricarica caricabatterie chargeur cargar cargador",
	"power energy strom energie energia alimentazione corrente alimentation",
	"empty flat drained leer scarico scarica vide descargado",
	"last life long duration dauer halten durata durare duree duracion",
	"sleep suspend standby hibernate wake wakeup ruhezustand bereitschaft aufwachen sospendere sospensione risvegliare "
	"risveglio riattivare ibernare veille suspender",
	"start boot startup starten hochfahren avviare avvio accendere demarrer arrancar encender",
	"shutdown turnoff ausschalten herunterfahren spegnere spegnimento arrestare eteindre apagar",
	"restart reboot neustart neustarten riavviare riavvio redemarrer reiniciar",
	"crash freeze frozen hang absturz abgesturzt eingefroren bloccarsi arresto planter gele colgado",
	"error failure fault fehler fehlermeldung errore guasto erreur panne fallo",
	"problem issue trouble storung problema inconveniente probleme",
	"wrong incorrect bad falsch sbagliato errato incorretto faux mauvais incorrecto",
	"sound audio volume ton klang lautstarke suono son sonido volumen",
	"mute silent silence hear stumm stille horen muto silenzioso sentire muet mudo oir",
	"speaker loudspeaker lautsprecher cassa casse altoparlante altoparlanti hautparleur altavoz",
	"headphone headphones headset earphones kopfhorer cuffia cuffie auricolari casque ecouteurs auriculares",
	"microphone mic mikrofon microfono micro",
	"camera webcam kamera fotocamera telecamera camara",
	"videocall meeting conference call videokonferenz besprechung videochiamata videochiamate riunione conferenza reunion "
	"visioconference videollamada",
	"bluetooth pair pairing koppeln kopplung accoppiare associare abbinare appairer emparejar",
	"phone mobile smartphone telephone handy telefon telefono cellulare telefonino mobil portable movil",
	"keyboard key tastatur taste tastiera tasto clavier touche teclado tecla",
	"layout tastaturbelegung belegung disposizione disposition distribucion",
	"letter character letters symbol buchstabe zeichen sonderzeichen lettera lettere carattere caratteri accentata "
	"accentate accento lettre caractere letra",
	"mouse pointer cursor maus zeiger puntatore souris pointeur raton",
	"click button klick klicken knopf schaltflache clic cliccare pulsante bouton boton",
	"left lefthanded links linkshander linke sinistro sinistra mancino gauche izquierdo zurdo",
	"right rightclick rechts rechte destro destra droite derecho",
	"touchpad trackpad",
	"tablet stylus pen stift tavoletta penna stylet tableta",
	"window fenster finestra fenetre ventana",
	"image picture photo bild foto immagine fotografia imagen",
	"video film movie filmato pelicula",
	"language sprache lingua langue idioma",
	"country region land paese pays pais",
	"time clock date hour uhrzeit zeit datum ora orario data heure hora fecha",
	"timezone zeitzone fuso fuseau zona",
	"font text schrift schriftart carattere testo scritta scritte police texte fuente texto",
	"big large bigger size gross grosser grosse grande grandezza ingrandire dimensione grand taille tamano",
	"small smaller tiny klein kleiner piccolo rimpicciolire petit pequeno",
	"change modify edit switch andern wechseln umstellen cambiare modificare modifica changer modifier cambiar modificar",
	"setting settings preferences configure configuration option einstellung einstellungen konfigurieren impostazione "
	"impostazioni configurare opzione reglage parametre configuracion ajuste",
	"add create new hinzufugen anlegen erstellen neu aggiungere creare nuovo ajouter creer anadir crear nuevo",
	"extra additional second another weiterer zusatzlich zweiter aggiuntivo secondo ulteriore supplementaire segundo "
	"adicional",
	"open launch offnen aprire apertura ouvrir abrir",
	"close quit schliessen chiudere fermer cerrar",
	"find search locate finden suchen suche trovare cercare ricerca trouver chercher buscar encontrar",
	"send share forward senden teilen weiterleiten inviare condividere inoltrare envoyer partager enviar compartir",
	"download herunterladen scaricare telecharger descargar",
	"upload hochladen caricare televerser subir",
	"permission right access berechtigung rechte zugriff permesso permessi autorizzazione diritto droit permiso",
	"administrator admin root administrateur amministratore",
	"security secure safe sicher sicherheit sicuro sicurezza securite sur seguridad seguro",
	"certificate zertifikat certificato certificat certificado",
	"gateway router modem",
	"proxy firewall",
	"virus malware spam phishing trojan",
	"encrypt encryption verschlusseln cifrare crittografia chiffrer cifrar",
	"calendar appointment termin kalender calendario appuntamento agenda calendrier rendezvous cita",
	"contact kontakt contatto contacto",
	"invoice bill billing rechnung fattura facture factura",
	"payment pay paid zahlung bezahlen pagamento pagare paiement payer pago pagar",
	"refund money reimbursement erstattung ruckerstattung rimborso remboursement reembolso",
	"order purchase bestellung bestellen ordine ordinare acquisto commande achat pedido compra",
	"cancel cancellation kundigen stornieren kundigung annullare disdire disdetta annuler resilier anular",
	"delivery shipping ship versand lieferung spedizione consegna livraison envio entrega",
	"return zurucksenden rucksendung restituire reso retour devolucion",
	"contract subscription vertrag abonnement abo contratto abbonamento contrat contrato suscripcion",
	"enable activate aktivieren einschalten attivare abilitare activer activar habilitar",
	"disable deactivate deaktivieren abschalten disattivare disabilitare desactiver desactivar deshabilitar",
	"reply answer respond response antwort antworten beantworten rispondere risposta repondre reponse responder respuesta",
	"show view see visible anzeigen sehen ansehen vedere mostrare visibile afficher voir mostrar ver visible",
	"hide hidden invisible verbergen ausblenden unsichtbar nascondere invisibile masquer ocultar",
	"sort arrange organize order sortieren ordnen anordnen ordinare organizzare disporre trier classer ordenar organizar",
	"move drag relocate verschieben bewegen spostare trascinare deplacer mover arrastrar",
	"choose select pick auswahlen wahlen scegliere selezionare choisir selectionner elegir seleccionar",
	"type write enter eingeben schreiben digitare scrivere inserire saisir ecrire escribir introducir",
	"allow permit grant erlauben zulassen gestatten consentire permettere autoriser permettre permitir",
	"spam junk unwanted unsolicited unerwunscht werbung indesiderata indesiderabile indesirable pourriel indeseado",
	"notification alert reminder notify benachrichtigung erinnerung hinweis notifica avviso promemoria rappel alerte "
	"notificacion recordatorio aviso",
	"category label tag group kategorie gruppe categoria etichetta gruppo categorie etiquette groupe grupo etiqueta",
	"repair fix broken defective reparieren kaputt defekt riparare rotto difettoso reparer casse reparar averiado",
	"expired expire outdated abgelaufen ablaufen veraltet scaduto scadere scadenza expirer perime caducado caducar",
	"price cost fee charge preis kosten gebuhr prezzo costo tariffa prix cout frais precio coste tarifa",
	"reset zurucksetzen reimpostare ripristinare reinitialiser restablecer",
	"rename umbenennen rinominare renommer renombrar",
	"duplicate twice double doppelt duplikat doppio duplicato doublon duplicado",
	"import importieren importare importer importar",
	"blocked denied forbidden refused blockiert verweigert verboten negato vietato refuse interdit denegado prohibido",
	NULL
};

#define ROW_STEMS 192                    /* different stems of a row */
#define SLOTS     16384
#define ROWS_OF   6                      /* rows a stem may stand in; more are ignored */

#define STEMS     (SLOTS / 2)           /* different ones, at most; more are ignored */

static struct { const char *stem; uint16_t rows[ROWS_OF]; uint8_t count; } stems[STEMS];         /* one behind the other: the rest of the room is never touched */
static size_t stem_count;
static uint16_t slots[SLOTS];            /* a stem's number, where it is filled */
static uint64_t filled[SLOTS / 64];      /* a bit for each slot: most stems stand in no row, and the slots are all over the memory */
static struct { const char **stem; size_t count; } row_stems[KB_SAME_ROWS];
static struct arena memory;              /* kept as long as the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;

_Static_assert(COUNT_OF(rows_of_words) <= COUNT_OF(row_stems), "row_stems");

static size_t slot_of(const char *stem)
{
	size_t at = hash_spread(hash_text(stem)) % SLOTS;

	while ((filled[at / 64] >> at % 64 & 1) && strcmp(stems[slots[at]].stem, stem) != 0)
		at = (at + 1) % SLOTS;
	return at;
}

/* Its number; STEMS: there is no room for it. */
static size_t number_of(const char *stem)
{
	size_t at = slot_of(stem);

	if (filled[at / 64] >> at % 64 & 1)
		return slots[at];
	if (stem_count == STEMS)
		return STEMS;
	filled[at / 64] |= UINT64_C(1) << at % 64;
	slots[at] = (uint16_t)stem_count;
	stems[stem_count].stem = arena_string(&memory, stem);
	return stem_count++;
}

static void add(size_t row, const char *stem)
{
	size_t number = row_stems[row].count == ROW_STEMS ? STEMS : number_of(stem);

	if (number == STEMS || (stems[number].count && stems[number].rows[stems[number].count - 1] == row))
		return;
	if (stems[number].count < ROWS_OF)
		stems[number].rows[stems[number].count++] = (uint16_t)row;
	row_stems[row].stem[row_stems[row].count++] = stems[number].stem;
}

/* Room for as many stems as a row may have is in `scratch`. */
static void fill_language(struct arena *scratch, const char *language)
{
	struct words_stemmers stemmers = { .count = 0 };

	words_stemmers_add(&stemmers, language);
	for (size_t row = 0; rows_of_words[row]; row++) {
		const char *at = rows_of_words[row];
		char word[WORDS_BYTES], folded[WORDS_BYTES], stem[WORDS_BYTES];

		if (!row_stems[row].stem)
			row_stems[row].stem = ARENA_ARRAY(scratch, const char *, ROW_STEMS);
		while (words_next(&at, word, folded)) {
			words_stem(&stemmers, 0, word, stem);
			add(row, stem);
		}
	}
	words_stemmers_fini(&stemmers);
}

static void keep_row(size_t row)
{
	size_t bytes = row_stems[row].count * sizeof *row_stems[row].stem;

	row_stems[row].stem = memcpy(arena_room(&memory, bytes + 1), row_stems[row].stem, bytes);
}

static void fill(void)
{
	CLEANUP_ARENA struct arena scratch;

	arena_init(&scratch);
	arena_init(&memory);
	for (size_t i = 0; i < words_language_count; i++)
		fill_language(&scratch, words_languages[i].code);
	words_stemmers_forget();         /* of five languages, of which a desk speaks one or two */
	for (size_t row = 0; rows_of_words[row]; row++)
		keep_row(row);
}

size_t kb_same_rows_of(const char *stem, const uint16_t **rows)
{
	size_t at;

	pthread_once(&once, fill);
	at = slot_of(stem);
	if (!(filled[at / 64] >> at % 64 & 1))
		return 0;
	*rows = stems[slots[at]].rows;
	return stems[slots[at]].count;
}

void kb_same_index(struct kb_same *same, const struct kb_dict *dict)
{
	size_t rows = COUNT_OF(rows_of_words) - 1, count = 0;

	if (!dict->count) {              /* a desk without articles pays nothing for them */
		same->terms = NULL;
		memset(same->offset, 0, sizeof same->offset);
		return;
	}
	pthread_once(&once, fill);
	for (size_t row = 0; row < rows; row++)
		count += row_stems[row].count;
	if (!(same->terms = malloc((count + 1) * sizeof *same->terms)))
		abort();
	count = 0;
	for (size_t row = 0; row < KB_SAME_ROWS; row++) {
		same->offset[row] = (uint32_t)count;
		for (size_t k = 0; row < rows && k < row_stems[row].count; k++) {
			uint32_t term = kb_dict_find(dict, row_stems[row].stem[k]);

			if (term != KB_NO_TERM)
				same->terms[count++] = term;
		}
	}
	same->offset[KB_SAME_ROWS] = (uint32_t)count;
}
