/*
 * test_mail_charset.c - charsets that nobody named, that are named wrongly, or that go wrong in one byte.
 *
 * tests/tools/charset_trial.py measures the guess on thousands of mails; here stands one sentence of each script.
 */
#include "test_mail.h"

static const char *utf8(const char *bytes, const char *declared)
{
	struct span text = mail_charset_to_utf8(&arena, span_of(bytes), declared, "text", NULL);
	return arena_copy(&arena, text.at, text.length);
}

static void undeclared_text_is_read_by_its_letters(void **state)
{
	static const struct { const char *bytes, *text; } cases[] = {
		{ "\xCA\xE1\xEB\xE7\xEC\xDD\xF1\xE1, \xEF \xE5\xEA\xF4\xF5\xF0\xF9\xF4\xDE\xF2 \xF3\xF4\xEF \xE3\xF1\xE1\xF6\xE5\xDF\xEF \xE4\xE5\xED \xEB\xE5\xE9\xF4\xEF\xF5\xF1\xE3\xE5\xDF.", "Καλημέρα, ο εκτυπωτής στο γραφείο δεν λειτουργεί." },
		{ "\xD0\xE1\xF1\xE1\xEA\xE1\xEB\xFE \xE2\xEF\xE7\xE8\xDE\xF3\xF4\xE5 \xEC\xE5 \xF4\xEF\xED \xEB\xEF\xE3\xE1\xF1\xE9\xE1\xF3\xEC\xFC \xEC\xEF\xF5.", "Παρακαλώ βοηθήστε με τον λογαριασμό μου." },
		{ "\xF9\xEC\xE5\xED, \xE4\xEE\xE3\xF4\xF1\xFA \xE1\xEE\xF9\xF8\xE3 \xEC\xE0 \xF2\xE5\xE1\xE3\xFA. \xE0\xF0\xE0 \xF2\xE6\xF8\xE5.", "שלום, המדפסת במשרד לא עובדת. אנא עזרו." },
		{ "\xE3\xD1\xCD\xC8\xC7\xA1 \xC7\xE1\xD8\xC7\xC8\xDA\xC9 \xDD\xED \xC7\xE1\xE3\xDF\xCA\xC8 \xE1\xC7 \xCA\xDA\xE3\xE1 \xE3\xE4\xD0 \xC7\xE1\xD5\xC8\xC7\xCD.", "مرحبا، الطابعة في المكتب لا تعمل منذ الصباح." },
		{ "Merhaba, yaz\xFD" "c\xFD \xE7" "al\xFD\xFEm\xFDyor, l\xFCtfen yard\xFDm edin. Te\xFE" "ekk\xFCrler.", "Merhaba, yazıcı çalışmıyor, lütfen yardım edin. Teşekkürler." },
		{ "\xCA\xC7\xD1\xCA\xB4\xD5 \xE0\xA4\xC3\xD7\xE8\xCD\xA7\xBE\xD4\xC1\xBE\xEC\xE3\xB9\xCA\xD3\xB9\xD1\xA1\xA7\xD2\xB9\xE4\xC1\xE8\xB7\xD3\xA7\xD2\xB9", "สวัสดี เครื่องพิมพ์ในสำนักงานไม่ทำงาน" },
		{ "Dobr\xFD den, tisk\xE1rna nefunguje, pros\xEDm po\x9Alete n\xECkoho. D\xECkuji.", "Dobrý den, tiskárna nefunguje, prosím pošlete někoho. Děkuji." },
		{ "Drukarka w biurze nie dzia\xB3" "a, prosz\xEA o pomoc. Dzi\xEAkuj\xEA.", "Drukarka w biurze nie działa, proszę o pomoc. Dziękuję." },
		{ "A nyomtat\xF3 nem m\xFBk\xF6" "dik, k\xE9rem k\xFCldjenek valakit.", "A nyomtató nem működik, kérem küldjenek valakit." },
		{ "\xCF\xF0\xE8\xED\xF2\xE5\xF0 \xED\xE5 \xF0\xE0\xE1\xEE\xF2\xE0\xE5\xF2, \xEF\xEE\xEC\xEE\xE3\xE8\xF2\xE5, \xEF\xEE\xE6\xE0\xEB\xF3\xE9\xF1\xF2\xE0.", "Принтер не работает, помогите, пожалуйста." },
		{ "\xF0\xD2\xC9\xCE\xD4\xC5\xD2 \xCE\xC5 \xD2\xC1\xC2\xCF\xD4\xC1\xC5\xD4, \xD0\xCF\xCD\xCF\xC7\xC9\xD4\xC5, \xD0\xCF\xD6\xC1\xCC\xD5\xCA\xD3\xD4\xC1.", "Принтер не работает, помогите, пожалуйста." },
		{ "\xF0\xD2\xC9\xCE\xD4\xC5\xD2 \xCE\xC5 \xD0\xD2\xC1\xC3\xC0\xA4, \xC4\xCF\xD0\xCF\xCD\xCF\xD6\xA6\xD4\xD8, \xC2\xD5\xC4\xD8 \xCC\xC1\xD3\xCB\xC1.", "Принтер не працює, допоможіть, будь ласка." },
		{ "\xB1z\xA6n\xA1" "A\xBF\xEC\xA4\xBD\xAB\xC7\xAA\xBA\xA6L\xAA\xED\xBE\xF7\xB5L\xAAk\xA6" "C\xA6L\xA1" "A\xBD\xD0\xA8\xF3\xA7U\xB3" "B\xB2z\xA1" "C", "您好，辦公室的印表機無法列印，請協助處理。" },
		{ "\xC4\xFA\xBA\xC3\xA3\xAC\xB0\xEC\xB9\xAB\xCA\xD2\xB5\xC4\xB4\xF2\xD3\xA1\xBB\xFA\xB2\xBB\xC4\xDC\xD3\xC3\xC1\xCB\xA3\xAC\xC7\xEB\xB0\xEF\xC3\xA6\xB4\xA6\xC0\xED\xA1\xA3", "您好，办公室的打印机不能用了，请帮忙处理。" },
		{ "\xBE\xC8\xB3\xE7\xC7\xCF\xBC\xBC\xBF\xE4. \xBB\xE7\xB9\xAB\xBD\xC7 \xC7\xC1\xB8\xB0\xC5\xCD\xB0\xA1 \xC0\xDB\xB5\xBF\xC7\xCF\xC1\xF6 \xBE\xCA\xBD\xC0\xB4\xCF\xB4\xD9.", "안녕하세요. 사무실 프린터가 작동하지 않습니다." },
		{ "\x82\xA8\x90\xA2\x98" "b\x82\xC9\x82\xC8\x82\xC1\x82\xC4\x82\xA8\x82\xE8\x82\xDC\x82\xB7\x81" "B\x83v\x83\x8A\x83\x93\x83^\x81[\x82\xAA\x93\xAE\x82\xAB\x82\xDC\x82\xB9\x82\xF1\x81" "B", "お世話になっております。プリンターが動きません。" },
		{ "\xA4\xAA\xC0\xA4\xCF\xC3\xA4\xCB\xA4\xCA\xA4\xC3\xA4\xC6\xA4\xAA\xA4\xEA\xA4\xDE\xA4\xB9\xA1\xA3\xA5\xD7\xA5\xEA\xA5\xF3\xA5\xBF\xA1\xBC\xA4\xAC\xC6\xB0\xA4\xAD\xA4\xDE\xA4\xBB\xA4\xF3\xA1\xA3", "お世話になっております。プリンターが動きません。" },
		{ "Ovo je va\xB9" "a prva prijava u sustav. Molimo promijenite va\xB9u zaporku.", "Ovo je vaša prva prijava u sustav. Molimo promijenite vašu zaporku." },
		{ "Czy na pewno chcesz usun\xB1\xE6 wybrany filtr?", "Czy na pewno chcesz usunąć wybrany filtr?" },
		{ "Der Drucker l\xE4uft nicht mehr, bitte pr\xFC" "fen Sie das. Gr\xFC\xDF" "e", "Der Drucker läuft nicht mehr, bitte prüfen Sie das. Grüße" },
		{ "L\x92imprimante ne marche plus, o\xF9 est le probl\xE8me ?", "L’imprimante ne marche plus, où est le problème ?" },
		{ "\xC8 possibile che la stampante \xE8 guasta?", "È possibile che la stampante è guasta?" },
		{ "Spausdintuvas neveikia, pra\xF0" "au pad\xEBkite. A\xE8i\xFB, lab\xE0 dien\xE0.", "Spausdintuvas neveikia, prašau padėkite. Ačiū, labą dieną." },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(utf8(cases[i].bytes, NULL), cases[i].text);
}

static void a_wrong_byte_changes_no_other(void **state)
{
	assert_string_equal(utf8("B\xC3\xBCro l\xC3\xA4uft nicht\nauf Viren gepr\xFC" "ft", "utf-8"), "Büro läuft nicht\nauf Viren geprüft");
	assert_string_equal(utf8("B\xC3\xBCro l\xC3\xA4uft nicht, Gr\xC3\xBC\xC3\x9F" "e\nauf Viren gepr\xFC" "ft", NULL), "Büro läuft nicht, Grüße\nauf Viren geprüft");
	assert_string_equal(utf8("\xE6\x82\xA8\xE5\xA5\xBD\xEF\xBC\x8C\xE6\x89\x93\xE5\x8D", "utf-8"), "您好，打\xEF\xBF\xBD");
	assert_string_equal(utf8("\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 \x96 \xD0\xBC\xD0\xB8\xD1\x80", "utf-8"), "Привет – мир");
}

/* What is left of a character among ASCII is no Chinese and no Cyrillic word; what is one, is read. */
static void torn_utf8_becomes_no_other_script(void **state)
{
	assert_string_equal(utf8("\xBCr den Namen", "utf-8"), "¼r den Namen");                                          /* SJIS would have U+5EDD */
	assert_string_equal(utf8("D\xC3n (Sun)", "utf-8"), "DÃn (Sun)");                                               /* Big5: U+66DD */
	assert_string_equal(utf8("Cor da liga\xC3\xA7\xC3\xFC\xA3o", "utf-8"), "Cor da ligaçÃü£o");
	assert_string_equal(utf8("Essayer \xC3", "utf-8"), "Essayer \xEF\xBF\xBD");                                     /* windows-1251: U+0413 */
	assert_string_equal(utf8("\xD0\xA8\xD0\xB8\xD1 \xD0\xBC\x88\xD0\xB8", "utf-8"), "Ши\xEF\xBF\xBD м\xEF\xBF\xBDи");
	assert_string_equal(utf8("\xC4\xE3\xBA\xC3", "utf-8"), "你好");
	assert_string_equal(utf8("\xCF\xF0\xE8\xE2\xE5\xF2", "utf-8"), "Привет");
	assert_string_equal(utf8("Gr\xFC\xDF" "e", "utf-8"), "Grüße");
	assert_string_equal(mail_header_decode(&arena, SPAN("=?UTF-8?B?T1BDScNO?= x"), NULL, NULL), "OPCIÃN x");
}

static void utf8_wins_over_what_is_declared(void **state)
{
	static const char *const charsets[] = {
		"windows-1251", "koi8-r", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1252", "iso-8859-9", "us-ascii", "macintosh",
	};
	for (size_t i = 0; i < COUNT_OF(charsets); i++) {
		assert_string_equal(utf8("Jos\xC3\xA9", charsets[i]), "José");
		assert_string_equal(utf8("\xD0\x9F\xD1\x80\xD0\xB8", charsets[i]), "При");
	}
	assert_string_equal(utf8("\xE6\x82\xA8\xE5\xA5\xBD\xEF\xBC\x8C", "gb2312"), "您好，");
	assert_string_equal(utf8("\xC3\xB6", "gb2312"), "枚");              /* one sound pair of its own */
	assert_string_equal(utf8("\xC3\xB6", "tis-620"), "รถ");
}

static void names_are_known_however_they_are_written(void **state)
{
	static const struct { const char *said, *meant; } cases[] = {
		{ "iso8859_15", "ISO-8859-15" }, { "ISO 8859-2", "ISO-8859-2" }, { "cp-850", "CP850" }, { "win-1251", "CP1251" }, { "x-cp1250", "CP1250" },
		{ "Windows1252", "windows-1252" }, { "latin2", "ISO-8859-2" }, { "Latin-9", "ISO-8859-15" }, { "iso-8859-8-i", "ISO-8859-8" },
		{ "iso_8859-1:1987", "windows-1252" }, { "csISOLatin1", "windows-1252" }, { "65001", "65001" }, { "cp65001", "utf-8" }, { "cp936", "GB18030" },
		{ "x-mac-ce", "MAC-CENTRALEUROPE" }, { "hz-gb-2312", "HZ" }, { "utf_8", "utf-8" }, { "us_ascii", "" }, { "ISO-8859-1*en", "windows-1252" },
		{ "x-windows-949", "CP949" }, { "ms932", "CP932" }, { "koi8r", "KOI8-R" }, { "1251", "CP1251" }, { "\"utf-8\"", "utf-8" },
	};
	char room[64];
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(mail_charset_name(cases[i].said, room), cases[i].meant);
}

static void rare_forms_are_read(void **state)
{
	assert_string_equal(utf8("a ~~ ~{Dz:C~} b", "HZ-GB-2312"), "a ~ 您好 b");
	assert_string_equal(utf8("hi \xED\xA0\xBD\xED\xB8\x80!", "utf-8"), "hi 😀!");
	assert_string_equal(utf8("5 \xA4", "iso8859_15"), "5 €");
}

static void words_of_the_same_header_tell_the_charset(void **state)
{
	const char *subject = mail_header_decode(&arena, SPAN("=?iso-8859-2?Q?=BF=F3=B3w?= i \xB6" "cie\xBF" "ka"), NULL, NULL);
	assert_string_equal(subject, "żółw i ścieżka");
	struct mail mail = read_mail("From: =?windows-1255?B?4OHp?= <a@example.net>\nSubject: =?windows-1255?Q?=F9=EC=E5=ED?=\nContent-Type: text/plain\n\n\xEB\xEF\n");
	assert_string_equal(mail.text, "כן");
}

static void capitals_alone_are_less_likely_than_small_letters(void **state)
{
	static const struct { const char *raw, *text; } all[] = {
		{ "\320\322\317\302\301\040\320\322\317\302\301", "проба проба" },
		{ "\324\305\323\324", "тест" },
		{ "\317\320\316\301\313\305\314\300\040\321\040\317\320\310\315\322\305\320\316\314", "ПРОБЛЕМА С ПРИНТЕРОМ" },
		{ "\360\362\357\342\354\345\355\341\040\363\040\360\362\351\356\364\345\362\357\355", "ПРОБЛЕМА С ПРИНТЕРОМ" },
		{ "\320\321\317\302\313\307\314\301\040\314\305\040\324\317\315\040\305\312\324\325\320\331\324\307", "ΠΡΟΒΛΗΜΑ ΜΕ ΤΟΝ ΕΚΤΥΠΩΤΗ" },
		{ "\307\040\320\301\321\301\303\303\305\313\311\301\040\314\317\325", "Η ΠΑΡΑΓΓΕΛΙΑ ΜΟΥ" },
	};
	for (size_t i = 0; i < COUNT_OF(all); i++)
		assert_string_equal(read_mail(arena_printf(&arena, "From: a@example.net\nSubject: %s\n\nx\n", all[i].raw)).subject, all[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(capitals_alone_are_less_likely_than_small_letters),
		TEST(undeclared_text_is_read_by_its_letters), TEST(a_wrong_byte_changes_no_other), TEST(torn_utf8_becomes_no_other_script), TEST(utf8_wins_over_what_is_declared),
		TEST(names_are_known_however_they_are_written), TEST(rare_forms_are_read), TEST(words_of_the_same_header_tell_the_charset),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
