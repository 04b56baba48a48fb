/*
 * mail_client_marks.c - the lines that mail programs add by themselves: above a quote, above a forward, below a mail.
 *
 * One row a language, in lower case, between bars. original: "----- Original Message -----". forward: "Forwarded message".
 * wrote: the line above a quote, % for dates, names and addresses. phone: how "Sent from my phone" begins, and behind % what must stand in
 * the rest of the line. Origin and licences as in mail_client_words.c; Gmail's and Apple's lines as their mails show them.
 */
#include "mail_client_words.h"

const struct client_marks mail_client_marks[] = {
	{ .language = "en",
	  .original = "original message|reply message|original email|original mail|original appointment|previous message|replied message|original message processed by david®|original message processed by david|original message processed by tobit.infocenter",
	  .forward = "forwarded message|forwarded mail|forwarded email|begin forwarded message|start of forwarded message|forwarded by|"
	    "forwarded letter|forwarded from|original message forwarded|end of forwarded message",
	  .wrote = "on % wrote:|on %, % wrote:|% wrote on %:|at % wrote:|% <%> wrote:|on %, % said:|%, % wrote:|in message % writes:|"
	    "in message % wrote:|in article % writes:|quoting %:|% writes:|on %, % emailed:|le % wrote:|citing %:|"
	    "message from % on %:|on % replied:|%, % <%> wrote:|% wrote:",
	  .phone = "sent from my %|sent from a %|sent from the %app|sent from yahoo|sent from mail|sent from outlook|sent from samsung|"
	    "sent from proton|sent from gmail|sent from windows|sent from iphone|sent from ipad|sent from android|sent from mobile|"
	    "sent from blackberry|sent from [|sent from spark|sent from nine|sent from bluemail|sent from acompli|sent from aol|"
	    "sent from hotmail|sent from myphone|sent from thunderbird|sent from k-9|sent from fairemail|sent from polymail|"
	    "sent from mailspring|sent from canary|sent from superhuman|sent from airmail|sent from typeapp|sent from xfinity|"
	    "sent from huawei|sent from xiaomi|sent via |sent with |sent using |sent by %phone|sent by galaxy|sent on the go|"
	    "sent on the move|get outlook for |get [outlook|get bluemail for|from my iphone|from my ipad|from my mobile|"
	    "from my android" },
	{ .language = "de",
	  .original = "original-nachricht|originalnachricht|ursprüngliche nachricht|ursprüngliche e-mail|ursprüngliche mail|"
	    "originale nachricht|antwort nachricht|urspr. nachricht|original nachricht|originalmail",
	  .forward = "weitergeleitete nachricht|anfang der weitergeleiteten nachricht|weitergeleitete e-mail|weitergeleitete mail|"
	    "weitergeleitet von|beginn der weitergeleiteten nachricht|beginn der weitergeleiteten e-mail",
	  .wrote = "am % schrieb %:|% schrieb am %:|am % schrieb:|zitat von %:|% schrieb:|% schrieb am % um %:|am % hat % geschrieben:|"
	    "am %, % schrieb:|% schreibt:|zitiere %:|am % um % schrieb %:",
	  .phone = "von meinem %gesendet|von meiner %gesendet|gesendet von |gesendet mit |gesendet über |gesendet aus |"
	    "diese nachricht wurde von mein%gesendet|diese nachricht wurde %gesendet|outlook für |holen sie sich outlook|"
	    "laden sie outlook|verschickt von |von mein%gesendet|von unterwegs gesendet|von unterwegs verschickt|"
	    "mit der %app gesendet|vom handy gesendet|von outlook %gesendet" },
	{ .language = "fr",
	  .original = "message d'origine|message original|e-mail d'origine|courriel original|mail d'origine|mail original|message initial|"
	    "courrier original|courriel initial",
	  .forward = "message transféré|début du message transféré|début du message réexpédié|message transmis|message réexpédié|"
	    "e-mail transféré|courriel transféré|début du courriel transféré|début de l'e-mail transféré|transféré par|"
	    "réexpédié par|mail transféré",
	  .wrote = "le % a écrit :|le % à % a écrit :|% a écrit :|% a écrit le % :|message du % de :|% écrit :|% écrivait :|quoting % :|"
	    "selon % :|le %, % écrivait :|citant % :|le % à %, % a écrit :|% a écrit le % à % :|le %, % a écrit :",
	  .phone = "envoyé de mon |envoyé depuis |envoyé à partir d|envoyé via |envoyé avec |envoyé par mon |télécharger outlook|"
	    "obtenir outlook|téléchargez outlook|envoyé d'un |envoyé d'outlook" },
	{ .language = "es", .original = "mensaje original|mensaje original de|correo original|mensaje de origen|email original",
	  .forward = "mensaje reenviado|inicio del mensaje reenviado|reenviado por|mensaje reenviado por|correo reenviado|"
	    "comienzo del mensaje reenviado",
	  .wrote = "el % escribió:|% escribió el %:|% escribió:|en % escribió:|citando a %:|con fecha % escribió:|citando %:|"
	    "el %, % ha escrito:|a las % escribió:|el %, % escribio:|% escribe:|el % a las %, % escribió:|% escribió el % a las %:|"
	    "en %, % escribió:|el %, % escribió:",
	  .phone = "enviado desde |enviado de |enviado con |enviado a través d|obtener outlook para |obtén outlook|descargar outlook|"
	    "enviado mediante |consigue outlook" },
	{ .language = "it", .original = "messaggio originale|messaggio originario|email originale|e-mail originale|messaggio di origine",
	  .forward = "messaggio inoltrato|inizio messaggio inoltrato|messaggio inoltrato da|inizio del messaggio inoltrato|inoltrato da|"
	    "email inoltrata|mail inoltrata",
	  .wrote = "il % ha scritto:|il giorno % ha scritto:|in data % ha scritto:|% ha scritto:|% ha scritto il %:|% scrive:|% scriveva:|"
	    "scrive %:|il giorno % alle % ha scritto:|il %, % ha scritto:|% ha scritto il % alle %:",
	  .phone = "inviato da |inviato dal |inviato con |inviato tramite |scarica outlook|ottieni outlook|inviato dall" },
	{ .language = "pt", .original = "mensagem original|e-mail original",
	  .forward = "mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reenviada|"
	    "início da mensagem reencaminhada|mensagem reenviada|encaminhado por|início de mensagem reencaminhada|"
	    "e-mail encaminhado",
	  .wrote = "em % escreveu:|% escreveu no dia %:|% escreveu:|no dia % escreveu:|a % escreveu:|às % de %, % escreveu:|"
	    "% escreveu em %:|em %, % disse:|em %, % escreveu:|% escreveu às % de %:|a %, % escreveu:",
	  .phone = "enviado do |enviado via |enviado a partir d|enviado por meio|enviado pelo |enviado através d|obter o outlook|"
	    "obtenha o outlook|obter outlook|enviada do " },
	{ .language = "nl", .original = "oorspronkelijk bericht|origineel bericht|originele bericht|oorspronkelijke bericht|oorspronkelijke e-mail",
	  .forward = "doorgestuurd bericht|begin doorgestuurd bericht|doorgezonden bericht|doorgestuurd door|doorgestuurde e-mail|"
	    "doorgestuurde mail",
	  .wrote = "op % schreef %:|op % heeft % het volgende geschreven:|op % heeft % geschreven:|% schreef op %:|% schreef:|citeren %:|"
	    "op % schreef:|op % om % schreef %:|% schreef op % om %:",
	  .phone = "verzonden vanaf |verstuurd vanaf |verzonden met |verzonden via |verzonden van |verstuurd met |verstuurd via |"
	    "verzonden vanuit |outlook voor |download outlook" },
	{ .language = "sv", .original = "ursprungligt meddelande|originalmeddelande|ursprungsmeddelande|ursprungligt mejl|originalmejl",
	  .forward = "vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mail|påbörjat vidarebefordrat meddelande|"
	    "vidarebefordrat mejl|vidarebefordrat e-postmeddelande|vidarebefordrat av|början på vidarebefordrat meddelande|"
	    "vidarebefordrat e-brev",
	  .wrote = "den % skrev %:|% skrev:|% skrev följande:|på % skrev %:|kl. % skrev %:|citerar %:|den %, % skrev:|"
	    "den % kl. %, skrev %:|% skrev den % kl. %:",
	  .phone = "skickat från |skickad från |skickat med |skickat via |hämta outlook|skaffa outlook|skickades från" },
	{ .language = "da", .original = "oprindelig meddelelse|original meddelelse|original besked|oprindelig besked|oprindelig mail",
	  .forward = "videresendt meddelelse|videresendt besked|start på videresendt besked|videresendt mail|videresendt e-mail|"
	    "videresendt af|begyndelse på videresendt besked", .wrote = "d. % skrev %:|citat fra %:|den % kl. % skrev %:",
	  .phone = "sendt fra |sendt via |sendt med |hent outlook|få outlook" },
	{ .language = "nb", .original = "opprinnelig melding|original melding|opprinnelig e-post",
	  .forward = "videresendt melding|videresendt e-post|begynnelse på videresendt melding|videresendt av|start på videresendt melding",
	  .wrote = "% skrev følgende den %:|% skrev følgende:|sitat %:|skrev %:|den %, skrev %:|% skrev den %:",
	  .phone = "skaff deg outlook|last ned outlook|få outlook for " },
	{ .language = "nn", .original = "opphavleg melding", .forward = "vidaresend melding", .wrote = "% skreiv:|den %, skreiv %:|% skreiv den %:" },
	{ .language = "fi", .original = "alkuperäinen viesti|alkup. viesti|alkuperäinen viesti / orig.msg.",
	  .forward = "välitetty viesti|edelleenlähetetty viesti|välitetty viesti alkaa|välitetty viesti / fwd.msg|edelleen lähetetty viesti|"
	    "alkaa välitetty viesti|välitetty sähköposti", .wrote = "% kirjoitti:|% kirjoitti %:|lainaus %:|% kirjoitti % klo %:",
	  .phone = "lähetetty |hanki outlook|lataa outlook" },
	{ .language = "is", .original = "upprunaleg skilaboð|upprunalegur póstur", .forward = "áframsendur póstur|áframsend skilaboð",
	  .wrote = "% skrifaði:|þann % skrifaði %:|% skrifaði þann %:|þann %, skrifaði %:", .phone = "sent úr |sent frá " },
	{ .language = "pl",
	  .original = "wiadomość oryginalna|oryginalna wiadomość|wiadomość źródłowa|pierwotna wiadomość|oryginalny e-mail|"
	    "treść oryginalnej wiadomości",
	  .forward = "przekazana wiadomość|wiadomość przekazana|treść przekazanej wiadomości|początek przekazywanej wiadomości|"
	    "wiadomość przesłana dalej|przesłana wiadomość|przekazane przez|początek przekazanej wiadomości|"
	    "przesyłana dalej wiadomość",
	  .wrote = "% napisał(a):|% napisał:|% napisała:|w dniu % pisze:|w dniu % napisał(a):|dnia % napisał(a):|"
	    "wiadomość napisana przez % w dniu %:|% pisze:|cytowanie %:|w dniu % użytkownik % napisał:|dnia % pisze:|"
	    "w dniu % o %, % pisze:|% napisał/a:|dnia %, % napisał/a:",
	  .phone = "wysłane z |wysłano z |wysłane za |wysłano za |wysłane przez |pobierz outlook|pobierz program outlook|uzyskaj outlook|"
	    "wiadomość wysłana z" },
	{ .language = "cs", .original = "původní zpráva|původní e-mail|původní email|originální zpráva",
	  .forward = "přeposlaná zpráva|začátek přeposílané zprávy|přeposlaný e-mail|začátek přeposlané zprávy|předaná zpráva|přeposlal",
	  .wrote = "dne % napsal(a):|dne % napsal:|% odesílatel % napsal:|% napsal(a):|% napsala:|% napsal:|citování %:|cituji %:|"
	    "dne % v % napsal(a):|% napsal(a) dne % v %:|%, % napsal:",
	  .phone = "odesláno z |odesláno pomocí |odesláno ze |odesláno přes |posláno z |získat outlook|stáhnout outlook|získejte outlook|"
	    "odesláno mobil|posláno pomocí " },
	{ .language = "sk", .original = "pôvodná správa|pôvodný e-mail|pôvodná správa --- original message",
	  .forward = "preposlaná správa|začiatok preposlanej správy|preposlaná správa --- forwarded message|preposlaný e-mail|"
	    "posunutá správa",
	  .wrote = "% používateľ % napísal:|dňa % napísal:|dňa % napísal(a):|% napísal(a):|% napísala:|dňa % užívateľ % napísal:|citát %:|"
	    "dňa % o % napísal(a):|% napísal(a) dňa % o %:|používateľ % napísal:|dňa % používateľ % napísal:",
	  .phone = "odoslané z |odoslané zo |odoslané pomocou |odoslané cez |získať outlook|poslané z |získajte outlook|odoslané mobil" },
	{ .language = "sl", .original = "izvirno sporočilo|prvotno sporočilo", .forward = "posredovano sporočilo|začetek posredovanega sporočila",
	  .wrote = "v % je oseba % napisala:|v v % je oseba % napisala:|% je napisal:|% je napisala:|dne % je % napisal/-a:|"
	    "dne % je % napisal:|% je napisal/a:|% je napisal(a):|% je % ob % napisal:|% sporoča:|dne %, % sporoča:",
	  .phone = "poslano z |poslano iz |poslano s |pridobite outlook|prenesite outlook" },
	{ .language = "hr", .original = "izvorna poruka|originalna poruka|izvorna e-pošta",
	  .forward = "proslijeđena poruka|započni proslijeđenu poruku|početak proslijeđene poruke|proslijeđena e-pošta",
	  .wrote = "% je napisao/la:|% je napisao/la dana %:|dana % je napisao:|% piše:|dana %, % je napisao/la:|% je napisao:|"
	    "% u %, % piše:|% napisao je % u %:|na %, % wrote:",
	  .phone = "poslano s |poslano sa |poslano iz |poslano putem |poslano pomoću |nabavite outlook|preuzmite outlook|dohvati outlook" },
	{ .language = "bs", .wrote = "% u %, % je napisao/la:|dana %, % je napisao:" },
	{ .language = "sr", .original = "оригинална порука|изворна порука",
	  .forward = "прослеђена порука|прослеђено|prosleđena poruka|почетак прослеђене поруке",
	  .wrote = "% је написао/ла:|% је написао/ла је:|дана % написа:|дана % пише:|% пише:|дана %, корисник % је написао/ла:|"
	    "% је написала:|% је написао:|дана % у %, % пише:|% написа:|дана %, % написа:",
	  .phone = "послато са |послато с |poslato sa |poslato preko |poslato s |послато преко |преузмите outlook|preuzmite outlook|"
	    "набавите outlook" },
	{ .language = "mk", .original = "оригинална порака", .forward = "препратена порака", .wrote = "на % напиша:|% напиша:",
	  .phone = "испратено од " },
	{ .language = "bg", .original = "оригинално съобщение|първоначално съобщение|оригинално писмо",
	  .forward = "препратено писмо|препратено съобщение|начало на препратеното съобщение|препратен имейл",
	  .wrote = "на % написа:|на %, % пише:|на % в %, % написа:|% написа на % в %:|на %, % написа:",
	  .phone = "изпратено от |изпратено чрез |изпратено с |вземете outlook|изтеглете outlook" },
	{ .language = "ru", .original = "исходное сообщение|оригинальное сообщение|исходное письмо|первоначальное сообщение|исходное сообщение от",
	  .forward = "пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения|перенаправленное сообщение|"
	    "пересылаемое письмо|пересланное письмо|переадресованное сообщение|начало пересылаемого сообщения|"
	    "пересланное сообщение от",
	  .wrote = "% пишет:|% написал:|% написала:|% написал(а):|% писал:|% писал(а):|вы писали %:|% пользователь % написал:|цитирую %:|"
	    "здравствуйте, %. вы писали %:|%, % пишет:|% пишет %:",
	  .phone = "отправлено с |отправлено из |отправлено через |отправлено мобильной|отправлено от |послано с |скачать outlook|"
	    "получить outlook|отправлено с помощью" },
	{ .language = "uk", .original = "оригінальне повідомлення|початкове повідомлення|вихідне повідомлення|оригінальний лист|початковий лист",
	  .forward = "переслане повідомлення|перенаправлене повідомлення|початок листа, що пересилається|"
	    "початок переадресованого повідомлення|переслане письмо|переслати повідомлення|переслане",
	  .wrote = "% написав:|% написав(ла):|% користувач % написав:|% писав(ла):|% пише %:|%, % пише:",
	  .phone = "надіслано з |надіслано із |надіслано за |відправлено з |відправлено із |надіслано через |отримати outlook|"
	    "отримайте outlook|завантажити outlook|надіслано з мого" },
	{ .language = "be", .original = "зыходнае паведамленне|зыходны ліст", .forward = "перанакіраванае паведамленне|перасланае паведамленне",
	  .wrote = "% піша:|% напісаў:|% напісаў(ла):|% у % напісаў:|% напісаў % у %:|on %, % піша:", .phone = "адпраўлена з |даслана з " },
	{ .language = "hu", .original = "eredeti üzenet|eredeti levél|eredeti e-mail",
	  .forward = "továbbított üzenet|továbbított levél kezdete|továbbított levél|továbbított e-mail|továbbított üzenet kezdete",
	  .wrote = "% ezt írta (időpont: %):|% ezt írta:|% írta:|% időpontban % ezt írta:|% dátummal, % írta:|idézet %:|"
	    "% keltezéssel, % írta:|% írta % dátummal:|ekkor: %, % írta:",
	  .phone = "az iphone-omról küldve|iphone-ról küldve|küldve %ról|küldve %ről|küldve %val|küldve %vel|küldve az |küldve a |"
	    "az én %küldve|a %küldve|androidról küldve|outlook beszerzése|elküldve az |elküldve a |iphone-omról|ipademről" },
	{ .language = "ro", .original = "mesaj original|mesajul original|mesaj inițial|mesajul inițial",
	  .forward = "mesaj redirecționat|începe mesajul redirecționat|mesaj redirectionat|mesaj transmis|mesaj retrimis|mesaj înaintat|"
	    "începutul mesajului redirecționat|email redirecționat",
	  .wrote = "în % a scris:|pe % a scris:|la % a scris:|% a scris:|în data de %, % a scris:|citat din %:|la %, % a scris:|"
	    "% a scris la %:|în %, % a scris:",
	  .phone = "trimis de pe |trimis din |trimis cu |trimis prin |descarcă outlook|obține outlook|obțineți outlook|descărcați outlook|"
	    "trimis de la %telefon" },
	{ .language = "el", .original = "αρχικό μήνυμα|πρωτότυπο μήνυμα|πρωτότυπο e-mail",
	  .forward = "προωθημένο μήνυμα|αρχή προωθημένου μηνύματος|έναρξη προωθημένου μηνύματος|μήνυμα που προωθήθηκε|διαβιβασμένο μήνυμα",
	  .wrote = "στις % έγραψε:|στις %, ο χρήστης % έγραψε:|% έγραψε:|παράθεση %:|την %, % έγραψε:|ο/η % έγραψε:|στις %, ο/η % έγραψε:|"
	    "ο/η % έγραψε στις %:", .phone = "στάλθηκε από |εστάλη από |αποστολή από |απεστάλη από |στάλθηκε με |λήψη του outlook|αποκτήστε το outlook" },
	{ .language = "tr", .original = "orijinal mesaj|özgün ileti|orijinal ileti|özgün mesaj|asıl ileti|orjinal mesaj|iletilen e-posta|özgün İleti",
	  .forward = "iletilen ileti|iletilmiş mesaj|iletilmiş ileti|ileti başlangıcı|iletilen mesaj|yönlendirilmiş mesaj|"
	    "iletilen mesaj başlangıcı|yönlendirilen mesaj|başlangıç iletilen mesaj|İletilen İleti|İleti başlangıcı|İletilmiş mesaj",
	  .wrote = "% tarihinde % şunu yazdı:|% tarihinde şunu yazdı:|% tarihinde % yazdı:|% şunları yazdı (%):|% şunları yazdı:|"
	    "% şunu yazdı:|% yazdı:|%, % tarihinde yazdı:",
	  .phone = "iphone'umdan gönderildi|ipad'imden gönderildi|%umdan gönderildi|android cihazımdan|samsung %gönderildi|"
	    "outlook for %edinin|outlook for %indir|telefonumdan gönder|android için outlook|ios için outlook|iphone %gönderildi" },
	{ .language = "et", .original = "algne kiri|algne sõnum|algsõnum|algne teade|originaalsõnum",
	  .forward = "edastatud kiri|edastatud sõnum|edastatud sõnumi algus",
	  .wrote = "% kirjutas:|% kirjutas %:|kontakt % kirjutas kuupäeval %:|kuupäev % kirjutas %:|%, % kirjutas:",
	  .phone = "saadetud minu |saadetud |hangi outlook" },
	{ .language = "lv", .original = "sākotnējais ziņojums|oriģinālais ziņojums|sākotnējā ziņa|oriģinālā vēstule|sākotnējā vēstule",
	  .forward = "pārsūtītā vēstule|pārsūtīts ziņojums|pārsūtītais ziņojums|pārsūtītā ziņojuma sākums|pāradresēts ziņojums",
	  .wrote = "% rakstīja:|% lietotājs % rakstīja:|% lietotāja % rakstīja:|% rakstīja %:|datumā %, % rakstīja:",
	  .phone = "nosūtīts no |sūtīts no |iegūt outlook|nosūtīts, izmantojot" },
	{ .language = "lt", .original = "pradinis laiškas|originalus laiškas|pradinė žinutė|originali žinutė|originalus pranešimas|originalus tekstas",
	  .forward = "persiųstas laiškas|persiųsta žinutė|persiunčiamo laiško pradžia|persiųstas pranešimas",
	  .wrote = "% rašė:|% parašė:|%, % rašė:|% rašė %:|%, % parašė:",
	  .phone = "išsiųsta iš |siųsta iš |išsiųsta naudojant|gauti outlook|gaukite outlook" },
	{ .language = "ca", .original = "missatge original", .forward = "missatge reenviat|inici del missatge reenviat|missatge reexpedit",
	  .wrote = "el % va escriure:|% va escriure:|missatge de % del dia %:|el % ha escrit:|% ha escrit:|citant %:|"
	    "el % a les %, % ha escrit:|% ha escrit el % a les %:|el %, % ha escrit:",
	  .phone = "enviat des d|enviat amb |enviat del |obtén l'outlook|enviat mitjançant" },
	{ .language = "gl", .original = "mensaxe orixinal|mensaxe orixianl", .forward = "mensaxe reenviada|inicio da mensaxe reenviada",
	  .wrote = "o % escribiu:|% escribiu:|o día % escribiu:|o % ás %, % escribiu:|% escribiu o % ás %:|no %, % escribeu:",
	  .phone = "enviado dende |enviado co " },
	{ .language = "eu", .original = "jatorrizko mezua", .forward = "birbidalitako mezua|mezu birbidalia|birbidalitako mezuaren hasiera",
	  .wrote = "% idatzi zuen:|% igorleak hau idatzi du (%):|% (e)k hau idatzi zuen (%):|% hau idatzi du (%):|% idatzi du:|"
	    "%k idatzi zuen:|%(e)an, % igorleak idatzi zuen:|% igorleak %(e)an idatzi zuen:|%-(e)k idatzi du:|"
	    "%-(e)an, %-(e)k hau idatzi zuen:", .phone = "nire %bidalia|nire %bidalita|bidalia nire|eskuratu outlook|%bidalita" },
	{ .language = "ast", .forward = "mensaxe reunviáu", .wrote = "el % a les %, % escribió:|% escribió'l % a les %:" },
	{ .language = "zh", .original = "原始邮件|邮件原件|原郵件|原始郵件|回复的原邮件|原文|回复的邮件|原邮件|原始信件|原始訊息|原始消息|原信件|原件|回覆的郵件|原信息|原始信息|源邮件|答复邮件",
	  .forward = "转发的邮件|转发邮件|转发信件|已转发邮件|下面是被转发的邮件|轉寄郵件|轉寄的郵件|開始轉寄郵件|转发的信息|转发的消息|轉寄的信件|轉寄信件|轉寄訊息|轉寄的訊息|转发的郵件|下面是轉寄的郵件|开始转发的邮件|被转发邮件|"
	    "转发邮件信息|開始轉寄的訊息",
	  .wrote = "% 写道:|% 寫道:|% 写道﹕|% 于%写道:|%於%寫道:|在 % 写道:|在%写道:|%写道:|%寫道:|% 编写:|% 撰寫:|%写到:|%寫到:|% 来信:|在 %, % 写道:|% 写于 %:|% 於 % 寫道:|"
	    "于 %，% 写道:|於 %，% 寫到:",
	  .phone = "发自我的|發自我的|从我的%发|從我的%傳送|从我的%傳送|發送自我的|發送自|发送自|寄自我的|通过我的%发送|来自我的|來自我的|獲取 outlook|获取 outlook|下载 outlook|取得 outlook|从 %发送|"
	    "發自 |发自 |从%邮箱发|使用%发送|由 %傳送|從 %傳送|透過 %傳送" },
	{ .language = "ja", .original = "元のメッセージ|元のメール|オリジナルメッセージ|元メール",
	  .forward = "転送されたメッセージ|転送メッセージ|転送メール|メッセージを転送|転送されたメール|転送メッセージの始まり|転送元メッセージ|転送メッセージここから",
	  .wrote = "%のメール:|%さんは書きました:|%は書きました:|%さんが書きました:|%のメッセージ:|%より:|%wrote:|%さんからのメール:|% さんは書きました|%が書きました:|% より:|%、% より:",
	  .phone = "iphoneから送信|ipadから送信|私の%から送信|%から送信|ios 版 outlook|android 版 outlook|outlook for %入手|%より送信|%を入手" },
	{ .language = "ko", .original = "원본 메일|원본 메시지|원본메일|원본 이메일|원본메시지|원본 전자 메일|원래 메시지|원본 편지",
	  .forward = "전달된 메시지|전달된 메일|전달 메시지|전달받은 메시지|전달된 이메일|전달된 메시지 시작|전달 메일|원본 메시지 전달",
	  .wrote = "%님이 작성:|% 작성:|%에 %님이 작성:|%님이 쓴 글:|% 이(가) 쓴 글:|%의 말:|%에 %이(가) 작성:|%님의 글:|%s 이(가) 쓴 글|%에 % 이(가) 쓴 글:|% 이(가) % 에 쓴 글:|"
	    "%이 씀:|on %, % 작성함:", .phone = "나의 %에서 보냄|나의 %보냄|내 %에서 보냄|내 %보냄|%에서 보냄|%에서 보냈습니다|%에서 전송|outlook%다운로드|outlook%가져오기|%에서 발송" },
	{ .language = "vi", .original = "thư gốc|tin nhắn gốc|thông báo gốc|thư nguyên bản",
	  .forward = "thư đã chuyển tiếp|tin nhắn đã được chuyển tiếp|bắt đầu thư được chuyển tiếp|thư được chuyển tiếp|"
	    "tin nhắn được chuyển tiếp|thư chuyển tiếp|bắt đầu thư chuyển tiếp",
	  .wrote = "vào % đã viết:|% đã viết:|% viết:|ngày % đã viết:|vào lúc % đã viết:|vào lúc %, % đã viết:|% đã viết vào lúc %:|"
	    "vào %, % đã viết:", .phone = "đã gửi từ |được gửi từ |gửi từ |tải outlook|đã gửi bằng|lấy outlook|tải xuống outlook|gửi bằng " },
	{ .language = "th", .original = "ข้อความต้นฉบับ|ข้อความเดิม|ข้อความดั้งเดิม",
	  .forward = "ข้อความที่ส่งต่อ|ข้อความที่ถูกส่งต่อ|เริ่มต้นข้อความที่ส่งต่อ|อีเมลที่ส่งต่อ",
	  .wrote = "ในวันที่ % เขียนว่า:|เมื่อ % เขียนว่า:|% เขียนว่า:|เมื่อ % เขียน:|% เขียน:|เมื่อ % เวลา % เขียนว่า:|"
	    "% เขียนเมื่อ % เวลา % ว่า:", .phone = "ส่งจาก|ถูกส่งจาก|ดาวน์โหลด outlook|รับ outlook|ส่งด้วย|ส่งโดยใช้" },
	{ .language = "id", .original = "pesan asli|pesan awal|email asli|pesan orisinal",
	  .forward = "pesan diteruskan|pesan terusan|mulai pesan terusan|pesan yang diteruskan|awal pesan yang diteruskan|"
	    "email yang diteruskan", .wrote = "pada % menulis:|% menulis:|pada tanggal % menulis:|pada %, % menulis:|% menulis di %:",
	  .phone = "dikirim dari |dikirim dengan |terkirim dari |dikirim melalui |dikirim menggunakan |dapatkan outlook|unduh outlook" },
	{ .language = "ms", .original = "mesej asal|mesej asli",
	  .forward = "mesej dimajukan|mesej dikirim semula|mulakan mesej yang dimajukan|mesej yang dimajukan",
	  .wrote = "pada % membalas:|% membalas:|pada %, % membalas:|% membalas pada %:", .phone = "dihantar dari|dihantar daripada |dihantar melalui" },
	{ .language = "fil", .forward = "ipinasang mensahe|naipasang mensahe",
	  .wrote = "noong % sinulat ni % ang:|noong % isinulat ni %:|noong % sumulat si %:", .phone = "ipinadala mula |ipinadala gamit " },
	{ .language = "he", .original = "הודעה מקורית|ההודעה המקורית", .forward = "הודעה שהועברה|הודעה מועברת|תחילת ההודעה שהועברה|התחלת הודעה שהועברה",
	  .wrote = "בתאריך % מאת %:|ב-% כתב:|ב-% כתב/ה:|% כתב:|% כתבה:|% כתב/ה:|נכתב על ידי % ב%:|% כתב את זה:|נכתב על ידי %:|"
	    "נכתב על ידי %, ב־% בשעה %:|ב %, % כתב:",
	  .phone = "נשלח מה|נשלח מ|נשלחה מ|נשלח באמצעות|נשלח מתוך|הורד את outlook|קבל את outlook|השג את outlook|נשלח דרך" },
	{ .language = "ar", .original = "الرسالة الأصلية|رسالة أصلية|الرسالة الاصلية|الرسالة الأصليَّة",
	  .forward = "رسالة معاد توجيهها|رسالة ممرّرة|رسالة محوّلة|بداية الرسالة المعاد توجيهها|بدء الرسالة المعاد توجيهها|"
	    "الرسالة المعاد توجيهها|رسالة معاد إرسالها|بداية رسالة محوّلة",
	  .wrote = "في % تمت كتابة ما يلي بواسطة %:|في % كتب %:|% كتب:|في % كتب:|كتب %:|% كتب ما يلي:|في % كتب/كتبت:|بتاريخ % كتب %:|"
	    "قام % بكتابة:|على %، كتب %:|كتب % على %:|% كَتَب :|بتاريخ %، % الرسالة:",
	  .phone = "مرسل من |أرسلت من |أُرسلت من |تم الإرسال من |أرسل من |أُرسل من |تم إرساله من |تم إرسالها من |الحصول على outlook|"
	    "احصل على outlook|ارسلت من |تم الإرسال باستخدام|تنزيل outlook" },
	{ .language = "fa", .original = "پیام اصلی|پیام نخستین|پیغام اصلی",
	  .forward = "پیام فوروارد شده|پیام ارسال‌شده|پیام هدایت شده|آغاز پیام هدایت‌شده|پیام بازارسالی",
	  .wrote = "در % نوشت:|در تاریخ % نوشت:|% نوشت:|در % نوشته است:|% نوشته:|در %، % نوشت:",
	  .phone = "ارسال شده از |فرستاده شده از |ارسال‌شده از |ارسال از |دریافت outlook" },
	{ .language = "ur", .wrote = "% نے لکھا:|% کو % نے لکھا:", .phone = "میرے %سے بھیجا" },
	{ .language = "hi", .original = "मूल संदेश|मूल मेल|पुराना मैसेज", .forward = "अग्रेषित संदेश|अग्रेषित मैसेज|अग्रेषित संदेश की शुरुआत",
	  .wrote = "% को % ने लिखा:|% ने लिखा:|% को % पर % ने लिखा:|% को, % ने लिखा:", .phone = "मेरे %से भेजा|मेरे %प्रेषित|%से भेजा गया|%से भेजा" },
	{ .language = "af", .original = "oorspronklike boodskap", .forward = "aangestuurde boodskap",
	  .wrote = "op % het % geskryf:|% het geskryf:|op % skryf %:", .phone = "gestuur vanaf |gestuur van " },
	{ .language = "am", .wrote = "% ጻፈ:|% እንዲህ ሲል ጽፏል:" },
	{ .language = "az", .forward = "yönləndirilmiş mesaj", .wrote = "% tarixində % yazdı:", .phone = "%göndərildi" },
	{ .language = "bn", .forward = "ফরওয়ার্ড করা মেসেজ|ফরোয়ার্ড করা বার্তা", .wrote = "% লিখেছেন:|% তারিখে % লিখেছেন:|% এ % লিখেছে:",
	  .phone = "আমার %থেকে পাঠানো|%থেকে পাঠানো" },
	{ .language = "br", .original = "kemennadenn orinel|kemennadenn orin",
	  .wrote = "skrivet eo bet gant % :|d'an/ar % eo bet skrivet gant % :|skrivet eo bet gant %:|d'an/ar% eo bet skrivet gant %:" },
	{ .language = "cak", .original = "qitzij rutzijol", .forward = "taqon chik rutzijol",
	  .wrote = "% xutz'ib'aj:|ri %, % xutz'ib'aj:|% xutz'ib'aj pa %:" },
	{ .language = "co", .original = "messaghju d'origine", .wrote = "% hà scrittu :|u %, % hà scrittu :" },
	{ .language = "cy", .original = "neges wreiddiol",
	  .wrote = "ar % ysgrifennodd %:|% ysgrifennodd:|ysgrifennodd %:|ar %, ysgrifennodd %:|ysgrifennodd % ar %:",
	  .phone = "anfonwyd o|wedi'i anfon o" },
	{ .language = "dsb", .original = "originalna powěsć", .forward = "dalej pósrědnjona powěsć", .wrote = "% jo napisał:|% jo % napisał:" },
	{ .language = "eo", .original = "originala mesaĝo", .wrote = "je % skribis:|% skribis:|je %, % skribis:", .phone = "sendita de |sendita per " },
	{ .language = "fy", .original = "oarspronklik berjocht|orizjineel berjocht", .forward = "trochstjoerd berjocht",
	  .wrote = "% skreau:|op % om %, skreau %:|% skreau op % om %:|% skreau op %:" },
	{ .language = "ga", .original = "teachtaireacht bhunaidh|bunteachtaireacht", .forward = "teachtaireacht ar aghaidh",
	  .wrote = "ar % scríobh %:|% scríobh:|scríobh %:|ar %, scríobh %:|scríobh % ar %:", .phone = "seolta ó " },
	{ .language = "gd", .original = "an teachdaireachd thùsail", .forward = "an teachdaireachd a tha 'ga shìneadh air adhart",
	  .wrote = "sgrìobh % na leanas:|sgrìobh % na leanas % aig %:|sgrìobh %:" },
	{ .language = "gu", .wrote = "% એ લખ્યું:|% લખ્યું:" },
	{ .language = "hsb", .forward = "dale sposrědkowana powěsć", .wrote = "% napisa:" },
	{ .language = "hy", .original = "բնօրինակ նամակը|բնաւրինակ հաղորդագրութիւն|նախորդ հաղորդագրութիւնը",
	  .forward = "փոխանցվող նամակը|փոխանցուած հաղորդագրութիւն",
	  .wrote = "% գրել է՝|% գրել է.|% գրել է:|% գրեց:|%-ը գրել է.|%-ին %ը գրել է.|%-ը գրել է %-ին.|%-ին #֊ը գրել է.|%-ը գրել է % -ին|"
	    "%֊ին, % գրել է՝", .phone = "ուղարկված է իմ|ուղարկվել է իմ" },
	{ .language = "ia", .forward = "message inviate ultra", .wrote = "% ha scribite:|le % a %, % ha scribite:|% ha scribite le % a %:" },
	{ .language = "ka", .original = "საწყისი წერილი|საწყისი მესიჯი", .forward = "გადაგზავნილი წერილი",
	  .wrote = "% წერს:|% დაწერა:|% წერდა:|თარიღი %, % წერს:|თარიღში%, % დაწერა:", .phone = "გამოგზავნილია ჩემი|გაგზავნილია ჩემი" },
	{ .language = "kab", .original = "izen anezli", .forward = "izen yettwawelhen", .wrote = "% yura:|di %, % yura:|% yura di %:" },
	{ .language = "kk", .original = "бастапқы хабарлама|түпнұсқа хабар|түпнұсқа хабарламасы",
	  .forward = "қайта жіберілген хат|әрі қарай жіберілген хабарлама", .wrote = "% жазған:|% жазды:|% уақытында, % жазған:|% жазған, уақыты %:",
	  .phone = "менің %жіберілді|%жіберілген" },
	{ .language = "km", .forward = "បានបញ្ជូនសារបន្ត", .wrote = "% បានសរសេរ៖|នៅលើ %, % បានសរសេរ៖|% បានសរសេរនៅលើ % ៖" },
	{ .language = "kn", .wrote = "% ಬರೆದಿದ್ದಾರೆ:|% ಬರೆದರು:" },
	{ .language = "lb", .wrote = "% huet geschriwwen:|den % huet % geschriwwen:", .phone = "geschéckt vu" },
	{ .language = "lo", .wrote = "% ຂຽນວ່າ:" },
	{ .language = "ml", .original = "യഥാർത്ഥ സന്ദേശം", .wrote = "% എഴുതി:|% ഇനിപ്പറയുന്നത് എഴുതി:|% എഴുതി|%, %ൽ എഴുതി" },
	{ .language = "mn", .wrote = "% бичсэн:|% бичжээ:" },
	{ .language = "mr", .wrote = "% रोजी % ने लिहिले:|% यांनी लिहिले:|% ने लिहिले:" },
	{ .language = "mt", .wrote = "% kiteb:" },
	{ .language = "my", .wrote = "% ရေးခဲ့သည်:|% ရေးသားခဲ့သည်:" },
	{ .language = "ne", .wrote = "% ले लेख्नुभयो:" },
	{ .language = "pa", .wrote = "% ਨੇ ਲਿਖਿਆ:" },
	{ .language = "rm", .original = "messadi original", .forward = "messadi renvià",
	  .wrote = "% ha scrit:|ils % a las % ha % scrit:|% ha scrit ils % a las %:" },
	{ .language = "si", .wrote = "% ලිව්වා:" },
	{ .language = "sq", .original = "mesazhi origjinal", .forward = "mesazhi i përcjellë",
	  .wrote = "% shkroi:|më % shkroi:|më %, %, % shkroi:|% shkroi më %, %:|më %, % shkroi:", .phone = "dërguar nga |dërguar prej " },
	{ .language = "sw", .forward = "ujumbe uliosambazwa", .wrote = "mnamo % aliandika:|% aliandika:", .phone = "imetumwa kutoka|imetumwa kwa " },
	{ .language = "ta", .original = "உண்மை தகவல்", .wrote = "% எழுதியது:|% அன்று % எழுதியது:|% எழுதினார்:|%, % எழுதப்பட்டது:" },
	{ .language = "te", .wrote = "% ఇలా రాశారు:|% వ్రాశారు:" },
	{ .language = "uz", .original = "asl xabar", .forward = "uzatilgan xabar", .wrote = "% yozdi:|% shunday yozdi:|%, % da yozdi:|%da yozdi:" },
	{ .language = "zu", .wrote = "ngo-% ubhale:" },
};
const size_t mail_client_marks_count = COUNT_OF(mail_client_marks);
