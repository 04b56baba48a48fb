/*
 * test_mail_reply.c - what is new in an answer: programs, languages, ways of quoting, signatures, and what must be kept.
 */
#include "test_mail.h"

static void assert_reply(const char *body, const char *reply)
{
	struct mail mail = read_text(body);
	assert_string_equal(mail.reply_text, reply);
}

static void introductions_in_every_language(void **state)
{
	static const char *const lines[] = {
		"On Mon, 3 Mar 2014 at 10:00, Support <support@example.org> wrote:", "On Mar 3, 2014, at 10:00 AM, Support wrote:",
		"On Monday, March 3, 2014 10:00 AM, Support <support@example.org> wrote:",
		"On Mon, Mar 3, 2014 at 10:00 AM Support <support@example.org>\nwrote:",
		"Il giorno lun 3 mar 2014 alle ore 10:00 Support <support@example.org> ha scritto:",
		"Il 03/03/2014 10:00, Support ha scritto:",
		"Am 03.03.2014 um 10:00 schrieb Support:", "Am Mo., 3. März 2014 um 10:00 Uhr schrieb Support <support@example.org>:",
		"Le lun. 3 mars 2014 à 10:00, Support <support@example.org> a écrit :", "Le 03/03/2014 10:00, Support a écrit :",
		"El lun, 3 mar 2014 a las 10:00, Support (<support@example.org>) escribió:", "El 03/03/2014 a las 10:00, Support escribió:",
		"Em seg., 3 de mar. de 2014 às 10:00, Support <support@example.org> escreveu:",
		"Op ma 3 mrt. 2014 om 10:00 schreef Support <support@example.org>:",
		"Op 3 mrt. 2014 om 10:00 heeft Support <support@example.org> het volgende geschreven:",
		"Den mån 3 mars 2014 kl 10:00 skrev Support <support@example.org>:",
		"Den man. 3. mar. 2014 kl. 10.00 skrev Support <support@example.org>:",
		"man. 3. mar. 2014 kl. 10:00 skrev Support <support@example.org>:",
		"pon., 3 mar 2014 o 10:00 Support <support@example.org> napisał(a):", "W dniu 03.03.2014 o 10:00, Support pisze:",
		"пн, 3 мар. 2014 г. в 10:00, Support <support@example.org>:", "03.03.2014 10:00, Support пишет:",
		"2014-03-03 10:00 GMT+01:00 Support <support@example.org>:",
		"Support <support@example.org> 于2014年3月3日周一 上午10:00写道：", "在 2014年3月3日，10:00，Support <support@example.org> 写道：",
		"2014年3月3日(月) 10:00 Support <support@example.org>:",
		"\u202Bבתאריך יום ב׳, 3 במרץ 2014 ב-10:00 מאת \u202ASupport\u202C\u200F <\u202Asupport@example.org\u202C\u200F>:\u202C",
		"في الاثنين، ٣ مارس ٢٠١٤ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة Support <support@example.org>:",
		"در تاریخ دوشنبه ۳ مارس ۲۰۱۴، ۱۰:۰۰ Support <support@example.org> نوشت:",
		"2014. 03. 03. 10:00 keltezéssel, Support írta:", "Quoting Support <support@example.org>:", "Zitat von Support <support@example.org>:",
		"Στις Δευ 3 Μαρ 2014 στις 10:00 π.μ., ο χρήστης Support\n<support@example.org> έγραψε:", "3 Mar 2014 Pzt 10:00 tarihinde Support <support@example.org> şunu yazdı:",
		"2014년 3월 3일 (월) 오전 10:00, Support <support@example.org>님이 작성:", "Vào Th 2, 3 thg 3, 2014 vào lúc 10:00 Support <support@example.org> đã viết:",
		"În lun., 3 mar. 2014 la 10:00, Support <support@example.org> a scris:", "Op 3 maart 2014 10:00 schreef Support <\nsupport@example.org>:",
		"10:00 AM, March 3, 2014, \"Support\" <support@example.org>:", "2014/03/03 10:00、Support <support@example.org>のメール:",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const char *body = arena_printf(&arena, "It works now.\n\n%s\n\n> Does it work?\n> Bob\n", lines[i]);
		struct mail mail = read_text(body);
		if (strcmp(mail.reply_text, "It works now.") != 0)
			fail_msg("%s -> %s", lines[i], mail.reply_text);
		assert_non_null(strstr(mail.text, "Does it work?"));
	}
}

static void header_blocks_in_every_language(void **state)
{
	static const char *const blocks[] = {
		"From: Support <support@example.org>\nSent: Monday, March 3, 2014 10:00 AM\nTo: Ann\nSubject: it",
		"Von: Support <support@example.org>\nGesendet: Montag, 3. März 2014 10:00\nAn: Ann\nBetreff: it",
		"De : Support [mailto:support@example.org]\nEnvoyé : lundi 3 mars 2014 10:00\nÀ : Ann\nObjet : it",
		"Da: Support <support@example.org>\nInviato: lunedì 3 marzo 2014 10:00\nA: Ann\nOggetto: it",
		"De: Support <support@example.org>\nEnviado el: lunes, 3 de marzo de 2014 10:00\nPara: Ann\nAsunto: it",
		"De: Support <support@example.org>\nEnviado: segunda-feira, 3 de março de 2014 10:00\nPara: Ann\nAssunto: it",
		"Van: Support <support@example.org>\nVerzonden: maandag 3 maart 2014 10:00\nAan: Ann\nOnderwerp: it",
		"Från: Support <support@example.org>\nSkickat: den 3 mars 2014 10:00\nTill: Ann\nÄmne: it",
		"Fra: Support <support@example.org>\nSendt: 3. marts 2014 10:00\nTil: Ann\nEmne: it",
		"Od: Support <support@example.org>\nWysłano: 3 marca 2014 10:00\nDo: Ann\nTemat: it",
		"От: Support <support@example.org>\nОтправлено: 3 марта 2014 г. 10:00\nКому: Ann\nТема: it",
		"发件人: Support <support@example.org>\n发送时间: 2014年3月3日 10:00\n收件人: Ann\n主题: it",
		"差出人: Support <support@example.org>\n送信日時: 2014年3月3日 10:00\n宛先: Ann\n件名: it",
		"Od: Support <support@example.org>\nOdesláno: pondělí 3. března 2014 10:00\nKomu: Ann\nPředmět: it",
		"Από: Support <support@example.org>\nΣτάλθηκε: Δευτέρα, 3 Μαρτίου 2014 10:00\nΠρος: Ann\nΘέμα: it",
		"Feladó: Support <support@example.org>\nElküldve: 2014. március 3. 10:00\nCímzett: Ann\nTárgy: it",
		"מאת: Support <support@example.org>\nנשלח: יום שני 3 מרץ 2014 10:00\nאל: Ann\nנושא: it",
		"من: Support <support@example.org>\nتم الإرسال: الاثنين، ٣ مارس ٢٠١٤ ١٠:٠٠\nإلى: Ann\nالموضوع: it",
		"보낸사람 : Support <support@example.org>\n날짜 : 2014년 3월 3일 10:00\n받는사람 : Ann\n제목 : it",
		"จาก: Support <support@example.org>\nส่ง: 3 มีนาคม 2557 10:00\nถึง: Ann\nเรื่อง: it",
		"*From:* Support <support@example.org>\n*Sent:* Monday, March 3, 2014 10:00 AM\n*To:* Ann\n*Subject:* it",
	};
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		struct mail mail = read_text(arena_printf(&arena, "It works now.\n\n________________________________\n%s\n\nDoes it work?\n", blocks[i]));
		if (strcmp(mail.reply_text, "It works now.") != 0)
			fail_msg("%s -> %s", blocks[i], mail.reply_text);
	}
}

static void original_message_lines(void **state)
{
	static const char *const lines[] = {
		"-----Original Message-----", "----- Original Message -----", "-----Ursprüngliche Nachricht-----",
		"-----Message d'origine-----", "-----Messaggio originale-----", "-----Mensaje original-----",
		"-----Mensagem original-----",
		"-----Oorspronkelijk bericht-----", "-----Ursprungligt meddelande-----", "-----Oprindelig meddelelse-----",
		"-----Opprinnelig melding-----", "-----Wiadomość oryginalna-----", "-----Исходное сообщение-----",
		"-----原始邮件-----", "-----元のメッセージ-----", "-------- Original message --------",
		"##- Please type your reply above this line -##",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct mail mail = read_text(arena_printf(&arena, "It works now.\n\n%s\nold words\n", lines[i]));
		if (strcmp(mail.reply_text, "It works now.") != 0)
			fail_msg("%s -> %s", lines[i], mail.reply_text);
	}
}

static void ways_of_quoting(void **state)
{
	assert_reply("> Does it work?\n\nYes.\n", "> Does it work?\n\nYes.");                                              /* answered below: kept */
	assert_reply("On 3 Mar 2014, Support wrote:\n> Does it work?\n\nYes, it does.\n", "Yes, it does.");              /* bottom-posting */
	assert_reply("On 3 Mar 2014, Support wrote:\n> Does it work?\nYes.\n> Since when?\nSince noon.\n> Bob\n", "> Does it work?\nYes.\n> Since when?\nSince noon.");
	assert_reply("Yes.\n\nOn 3 Mar 2014, Support wrote:\n\nno marks at all\n", "Yes.");
	assert_reply("Yes. On Mon, 3 Mar 2014 at 10:00, bob@example.org wrote:\n> Does it?\n", "Yes.");
	assert_reply("Hi,\n\nOn Monday we met Bob, who wrote a letter.\nIt is long.\n", "Hi,\n\nOn Monday we met Bob, who wrote a letter.\nIt is long.");
	assert_reply("I travel\nFrom: Rome\nTo: Milan\n", "I travel\nFrom: Rome\nTo: Milan");
	assert_reply("a list:\n- one\n- two\n", "a list:\n- one\n- two");
	assert_reply("Use this:\n\nif a > b\n> x is a prompt\n\nThen stop.\n", "Use this:\n\nif a > b\n> x is a prompt\n\nThen stop.");
	assert_reply("Comment.\n\n---------- Forwarded message ----------\nFrom: Bob <bob@example.org>\nSubject: x\n\nold\n", "Comment.");
	assert_reply("", "");
}

/* Nobody knows these languages here: they are told by date, address and place. */
static void introductions_of_unknown_languages(void **state)
{
	assert_reply("Yes.\n\nNxxwe 5/10/26 9:12 qad, Ann Lee <ann@example.org> twaq:\n> Does it?\n", "Yes.");
	assert_reply("Yes.\n\nNxxwe 5/10/26 9:12 qad, Ann Lee <ann@example.org> twaq:\n\nDoes it?\n", "Yes.");
	assert_reply("Yes.\n\nTwaqa Ann Lee <ann@example.org>:\n> Does it?\n", "Yes.");
	assert_reply("Yes.\n\nTwaqa Ann Lee <ann@example.org>\n> Does it?\n", "Yes.");
	assert_reply("Nxxwe Mon, Oct 5, 2026 at 9:12, Ann Lee\n<ann@example.org> twaq:\n> Does it?\n\nYes.\n", "Yes.");
	assert_reply("Please ask\nAnn Lee <ann@example.org>:\n> she has it\n", "Please ask\nAnn Lee <ann@example.org>:");     /* a sentence goes on */
	assert_reply("Did you get this from Ann <ann@example.org>?\n> buy now\n", "Did you get this from Ann <ann@example.org>?");
	assert_reply("Order 4711 of 5/10/26 was for Ann Lee <ann@example.org>.\n\nIt never came.\n", "Order 4711 of 5/10/26 was for Ann Lee <ann@example.org>.\n\nIt never came.");
}

static void blocks_of_unknown_languages(void **state)
{
	assert_reply("Yes.\n\n-------- Qwaat xyx --------\nWyq: Printer\nTaat: 5/10/26 9:12\nVeet: Ann Lee <ann@example.org>\nNaat: Bob <bob@example.org>\n\nDoes it?\n", "Yes.");
	assert_reply("---- cut here ----\nName: Bob\nColour: red\nSize: 4\n\nThat is it.\n", "---- cut here ----\nName: Bob\nColour: red\nSize: 4\n\nThat is it.");
	assert_reply("Yes.\n\n---- my machine ----\nIt says: no\n\nBob\n", "Yes.\n\n---- my machine ----\nIt says: no\n\nBob");
}

/* A program lost the line end between one's own words and the introduction. */
static void introductions_glued_to_the_last_word(void **state)
{
	assert_reply("Ja, er geht wieder.Am 05.10.2026 um 09:12 schrieb Ann Lee <ann@example.org>:\n> Geht er?\n", "Ja, er geht wieder.");
	assert_reply("Ja. Geht er oben? Am Mo., 5. Okt. 2026 um 09:12 schrieb Ann Lee <ann@example.org>:\n> Geht er?\n", "Ja. Geht er oben?");
	assert_reply("Merci, tout va bien.Le lun. 5 oct. 2026 à 09:12, Ann Lee <ann@example.org> a écrit :\n> Ça va ?\n", "Merci, tout va bien.");
	assert_reply("また動きました。2026年10月5日(月) 9:12 Ann Lee <ann@example.org>:\n> どうですか\n", "また動きました。");
	assert_reply("It works again now. Ann Lee <ann@example.org> wrote on 5 Oct 2026:\n> Does it?\n", "It works again now.");
	assert_reply("هل يمكنكم فحص الطابق الثاني؟ ----- في 2026-10-05 على 09:12، Ann Lee <ann@example.org> كتب:\xE2\x80\x8F\n> Does it?\n", "هل يمكنكم فحص الطابق الثاني؟");
	assert_reply("Podem ver o andar de cima? Não há pressa.Em 2026-10-05 09:12, \"Ann\" <ann@example.org> escreveu:\n> x\n", "Podem ver o andar de cima? Não há pressa.");
	assert_reply("Qwe rty uio asd? Fgh jkl zxc.Vb 2026-10-05 09:12, \"Ann\" <ann@example.org> nmqwe:\n> x\n", "Qwe rty uio asd? Fgh jkl zxc.");     /* no known language */
	assert_reply("ช่วยดูชั้นสองด้วยได้ไหมครับเมื่อ 2026-10-05 09:12 Ann Lee <ann@example.org> เขียนว่า:\n> x\n", "ช่วยดูชั้นสองด้วยได้ไหมครับ");
	assert_reply("Prof. Dr. Ann Lee <ann@example.org> wrote:\n> Does it?\n\nYes.\n", "Yes.");
	assert_reply("On Mon, Oct. 5, 2026 at 9:12 Ann Lee <ann@example.org> wrote:\n> Does it?\n\nYes.\n", "Yes.");
}

/* What a list adds below answers nothing: the quote above it is history. */
static void a_list_footer_does_not_keep_the_quote_above_it(void **state)
{
	const char *footer = "\n- --------------------------------------------\nTo unsubscribe, e-mail: users-unsubscribe@example.org\nFor more, e-mail: users-help@example.org\n";
	assert_reply(arena_printf(&arena, "It does.\n\n> -----Original Message-----\n> From: Ann Lee\n> Does it?\n%s", footer), "It does.");
	assert_reply(arena_printf(&arena, "> Does it?\n\nIt does.\n%s", footer), "> Does it?\n\nIt does.");
	assert_reply("How do I unsubscribe?\n\n----------\nI tried the page.\n", "How do I unsubscribe?\n\n----------\nI tried the page.");
}

static void heads_of_notes_and_others(void **state)
{
	assert_reply("Yes.\n\n\"Ann Lee\" <ann@example.org>\n10/05/2026 09:12 AM\nPlease respond to users\n\nTo: users@example.org\ncc:\nSubject: Source\n\nDoes it?\n", "Yes.");
	assert_reply("Ja.\n\nVon:\n\"Ann Lee\" <ann@example.org>\nAn:\n<bob@example.org>\nDatum:\n05.10.2026 09:12\nBetreff:\nRe: Drucker\n\nGeht er?\n", "Ja.");
	assert_reply("Ja.\n\nOriginal Message processed by david\xC2\xAE\nRe: Drucker (05-Okt-2026 9:12)\nVon:   Ann Lee\nAn:   bob@example.org\n\nGeht er?\n", "Ja.");
	assert_reply("Yes.\n\nOn Mon, Oct 5, 2026 at 9:12 AM Ann Lee\n<\nmailto:ann@example.org\n> wrote:\n> Does it?\n", "Yes.");
}

static void pages_of_mail_programs(void **state)
{
	static const char *const pages[] = {
		"<div dir=ltr>It works now.</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">Ann schreef iets:<br></div><blockquote class=\"gmail_quote\">old</blockquote></div>",
		"<div>It works now.</div><div><br><blockquote type=\"cite\"><div>On Mar 3, Support wrote:</div><div>old</div></blockquote></div>",
		"<p>It works now.</p><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p><b>Xyz:</b> Support &lt;support@example.org&gt;<br><b>Abc:</b> it</p></div><p>old</p>",
		"<div>It works now.</div><hr id=\"stopSpelling\"><div>Date: Mon, 3 Mar 2014<br>From: support@example.org<br>old</div>",
		"<div>It works now.</div><div id=\"divRplyFwdMsg\"><b>From:</b> Support &lt;support@example.org&gt;<br><b>Sent:</b> x</div><div>old</div>",
		"<div>It works now.</div><div class=\"yahoo_quoted\">On Monday Support wrote:<br>old</div>",
		"It works now.<br><div class=\"moz-cite-prefix\">Am 3. schrieb wer:</div><blockquote type=cite>old</blockquote>",
		"It works now.<br>On Mon, 3 Mar 2014 at 10:00, Support &lt;support@example.org&gt; wrote:<br><blockquote>old</blockquote>",
	};
	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		struct mail mail = read_html(pages[i]);
		if (strcmp(mail.reply_text, "It works now.") != 0)
			fail_msg("%s -> %s", pages[i], mail.reply_text);
		assert_non_null(strstr(mail.text, "old"));
	}
	assert_string_equal(read_html("He said<blockquote style=\"margin-left:40px\">my own quote</blockquote>and left.").reply_text, "He said\n\nmy own quote\nand left.");
	assert_string_equal(read_html("<div>a</div><div class=gmail_quote>On 3 Mar 2014, b@example.org wrote:<blockquote class=gmail_quote>one?</blockquote>yes<blockquote class=gmail_quote>two?</blockquote>no</div>").reply_text,
	                    "a\n> one?\nyes\n> two?\nno");
}

/* In a language that no table knows: a line that the page draws, or a table, stands for the mark; a time and an address for the labels. */
static void a_drawn_line_and_lines_with_address_and_time_begin_history(void **state)
{
	static const char *const heads[] = {
		"<div style=\"border-top:1px solid #ccc\"><b>Qwe:</b> Support &lt;support@example.org&gt;<br><b>Rty:</b> 05.10.2026 09:12<br><b>Uio:</b> it</div>",
		"<div style='padding:0 0 0 10px;border-left:2px solid #C3D9E5'><b>Rty:</b> 5 Zxc 2026, 09:12<br><b>Qwe:</b> support@example.org<br><b>Asd:</b> ann@example.net<br><b>Uio:</b> it<br><br>",
		"<hr><p>Qwe: Support &lt;support@example.org&gt;<br>Rty: 2026-10-05 9:12<br>Asd: ann@example.net</p>",
		"<table><tr><td><b>Qwe:</b></td><td>Support &lt;support@example.org&gt;</td></tr><tr><td>Rty:</td><td>05.10.2026 09:12</td></tr><tr><td>Uio:</td><td>it</td></tr></table>",
		"<table><tr><td><b>From:</b></td><td>Support &lt;support@example.org&gt;</td></tr><tr><td>Sent:</td><td>x</td></tr><tr><td>To:</td><td>ann@example.net</td></tr></table>",
	};
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		struct mail mail = read_html(arena_printf(&arena, "<p>It works now.</p>%s<p>old</p>", heads[i]));
		if (strcmp(mail.reply_text, "It works now.") != 0)
			fail_msg("%s -> %s", heads[i], mail.reply_text);
		assert_non_null(strstr(mail.text, "old"));
		assert_null(strchr(mail.text, MARK_EDGE));
	}
	assert_reply("It works now.\n\n________________________________\nQwe: Support <support@example.org>\nRty: 05.10.2026 09:12\nUio: it\n\nold", "It works now.");
}

static void what_a_person_puts_in_a_box_stays(void **state)
{
	static const char *const boxes[] = {
		"<table><tr><td>Name:</td><td>Ann Lee</td></tr><tr><td>Mail:</td><td>ann@example.net</td></tr><tr><td>Phone:</td><td>0123 456789</td></tr></table>",
		"<div style=\"border-top:1px solid\">Order: 4711<br>Mail: ann@example.net<br>Bought: 2026-10-05</div>",
		"<hr><p>Order: 4711<br>Bought: 2026-10-05 9:12<br>Colour: red</p>",
	};
	for (size_t i = 0; i < COUNT_OF(boxes); i++) {
		struct mail mail = read_html(arena_printf(&arena, "<p>Here it is.</p>%s<p>Can you send another?</p>", boxes[i]));
		assert_string_equal(mail.reply_text, mail.text);
	}
	/* A mail that answers nothing has no history. */
	struct mail mail = read_mail("From: ann@example.net\nSubject: order\nContent-Type: text/html\n\n<p>Here it is.</p><hr>Order: 4711<br>Mail: ann@example.net<br>Bought: 2026-10-05 9:12<p>Can you send another?</p>");
	assert_non_null(strstr(mail.reply_text, "another"));
}

static void the_page_helps_a_poor_text(void **state)
{
	struct mail mail = read_mail("From: ann@example.net\nSubject: Re: it\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nIt works.\n\nXyz: Support\nAbc: it\n\nold\n--b\n"
	                             "Content-Type: text/html\n\n<p>It works.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm'><p>Xyz: Support<br>Abc: it<br>Def: x</p></div><p>old</p>\n--b--\n");
	assert_string_equal(mail.reply_text, "It works.");
	assert_string_equal(mail.text, "It works.\n\nXyz: Support\nAbc: it\n\nold");
}

static void assert_signature(const char *body, const char *reply, const char *signature)
{
	struct mail mail = read_text(body);
	assert_string_equal(mail.reply_text, reply);
	assert_string_equal(mail.signature ? mail.signature : "(none)", signature ? signature : "(none)");
}

static void signatures_are_split_off(void **state)
{
	assert_signature("Yes.\n\n-- \nAnn Lee\nAcme\n", "Yes.", "-- \nAnn Lee\nAcme");
	assert_signature("Yes.\n\nSent from my iPhone\n", "Yes.", "Sent from my iPhone");
	assert_signature("Ja.\n\nVon meinem iPhone gesendet\n", "Ja.", "Von meinem iPhone gesendet");
	assert_signature("Sì.\n\nInviato da iPhone\n\nIl 03/03/2014 10:00, Support ha scritto:\n> x\n", "Sì.", "Inviato da iPhone");
	assert_signature("Yes.\n\nBest regards,\nAnn\n", "Yes.", "Best regards,\nAnn");
	assert_signature("Ja.\n\nMit freundlichen Grüßen\nAnn Lee\n", "Ja.", "Mit freundlichen Grüßen\nAnn Lee");
	assert_signature("Yes.\n\nAnn\n", "Yes.", "Ann");                                                              /* the sender's own name */
	assert_signature("Thanks, Bob\n", "Thanks, Bob", NULL);                                                          /* nothing else is there */
	assert_signature("Von meinem Konto wurde zu viel abgebucht.\n", "Von meinem Konto wurde zu viel abgebucht.", NULL);
	assert_signature("It is\n--\nbroken\n\n> old\n", "It is", "--\nbroken");
	assert_signature("Hello.\n_______________________________________________\nusers mailing list\nhttps://lists.example.org/listinfo/users\n", "Hello.",
	                 "_______________________________________________\nusers mailing list\nhttps://lists.example.org/listinfo/users");
	assert_string_equal(read_html("<p>Yes.</p><div class=gmail_signature>Ann<br>Acme</div>").reply_text, "Yes.");
}

static void formulas_of_many_languages_end_the_words(void **state)
{
	static const char *const formulas[] = { "S pozdravem", "Üdvözlettel", "Cu stimă", "З повагою", "Με εκτίμηση", "Saygılarımla", "Ystävällisin terveisin",
	                                        "Pagarbiai", "בברכה", "مع أطيب التحيات", "Trân trọng", "감사합니다", "ขอแสดงความนับถือ" };
	for (size_t i = 0; i < COUNT_OF(formulas); i++) {
		const char *signature = arena_printf(&arena, "%s,\nKim Oh", formulas[i]);
		assert_signature(arena_printf(&arena, "The lamp is red.\n\n%s\n", signature), "The lamp is red.", signature);
	}
}

static void formulas_are_known_without_their_marks(void **state)
{
	static const char *const formulas[] = { "Z powazaniem", "Mit freundlichen Gruessen", "Mit freundlichen Grussen", "Cu stima", "S pratelskym pozdravem", "Ystavallisin terveisin" };
	for (size_t i = 0; i < COUNT_OF(formulas); i++) {
		const char *signature = arena_printf(&arena, "%s,\nKim Oh", formulas[i]);
		assert_signature(arena_printf(&arena, "The lamp is red.\n\n%s\n", signature), "The lamp is red.", signature);
	}
	assert_signature("The lamp is red.\n\nMit freundlichen Griffen,\nKim Oh\n", "The lamp is red.\n\nMit freundlichen Griffen,\nKim Oh", NULL);
}

static const char *ours(const void *context, struct arena *at, const char *message_id)
{
	(void)context, (void)at, (void)message_id;
	return "";
}

static void a_name_behind_a_slash_signs_but_a_command_does_not(void **state)
{
	assert_signature("It works.\n\n/John\n", "It works.", "/John");
	assert_signature("It works.\n\n//Åsa Ek\n", "It works.", "//Åsa Ek");
	assert_signature("It works.\n\n/close\n", "It works.\n\n/close", NULL);
	assert_signature("It is in\n/Library/Fonts\n", "It is in\n/Library/Fonts", NULL);
	struct mail_options options = { .answered = ours };
	struct mail mail;
	static const char *const answers[][2] = { { "/Close", "It works.\n\n/Close" }, { "/Ann", "It works." } };
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		const char *raw = arena_printf(&arena, "From: Ann Lee <ann@example.net>\nSubject: Re: x\nIn-Reply-To: <1@desk.example>\n\nIt works.\n\n%s\n", answers[i][0]);
		struct mail_source source = source_of(raw, strlen(raw));
		mail_parse(&arena, &source, &options, &mail);
		assert_string_equal(mail.reply_text, answers[i][1]);
	}
}

static void long_texts_are_quick(void **state)
{
	static const char *const pieces[] = {
		"> \n", "On ", "From: a@b.example\n", "-- \n", "On 3 Mar 2014 wrote:\n", "-----\n", "a\n> b\n", "\n",
		"| x\n", "Best regards,\n", "_____\n",
	};
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct buffer text CLEANUP_BUFFER;
		buffer_init(&text);
		while (text.length < 900000)
			buffer_add_string(&text, pieces[i]);
		int64_t before = processor_us();
		read_text(buffer_string(&text));
		assert_true(processor_us() - before < 3000000);
		arena_reset(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(introductions_in_every_language), TEST(header_blocks_in_every_language), TEST(original_message_lines), TEST(ways_of_quoting), TEST(introductions_of_unknown_languages), TEST(blocks_of_unknown_languages),
		TEST(introductions_glued_to_the_last_word), TEST(a_list_footer_does_not_keep_the_quote_above_it), TEST(heads_of_notes_and_others),
		TEST(pages_of_mail_programs),
		TEST(a_drawn_line_and_lines_with_address_and_time_begin_history), TEST(what_a_person_puts_in_a_box_stays),
		TEST(the_page_helps_a_poor_text), TEST(signatures_are_split_off),
		TEST(formulas_of_many_languages_end_the_words), TEST(formulas_are_known_without_their_marks),
		TEST(a_name_behind_a_slash_signs_but_a_command_does_not), TEST(long_texts_are_quick),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
