"""Full text: both kinds of database find the same requests for the same words, in five languages."""
import os, random

import postgres
from desk import BUILD, Desk, Skip, mail, setup, wait_until

SENTENCES = {
    "en": "The printer won't start since yesterday's update; see error E-1042 in invoice 2024/117. I'm using the naïve café Wi-Fi. "
          "Could you resend the VPN certificate to j.smith@example.co.uk? It isn't urgent, thanks. Version 2.0.1 fails re-connecting",
    "it": "La fattura elettronica non è arrivata perché l'indirizzo è cambiato. L'università dell'Aquila chiede più prestiti. "
          "Com'è possibile che il pagamento di €1.250,00 sia già scaduto? Dov'è l'ordine n° 88-B? Città e società così",
    "de": "Die Straße zum Büro ist gesperrt, größere Pakete müssen zurück. Das Übergrößen-Formular für Mäßigung läßt sich nicht öffnen. "
          "Können Sie die Rechnungsadresse ändern? Donaudampfschifffahrtsgesellschaft prüft den Überweisungsträger und das Maß",
    "fr": "L'élève n'a pas reçu sa commande d'août, c'est-à-dire le cœur du problème. Où est passée la facture déjà réglée? "
          "Aujourd'hui, l'imprimante de l'hôtel s'est éteinte à Noël; qu'est-ce que ça coûte? Ça m'a été refusé, garçon",
    "es": "El niño pidió el envío a la dirección del año pasado, ¿por qué no llegó? La contraseña caducó mañana según la página. "
          "El pingüino averiguó que la facturación electrónica número 55 no está; corazón y acción rápida también",
    "other": "Привет, где мой заказ? Ελληνικά γράμματα και ΣΊΣΥΦΟΣ. İstanbul'da ışık yok, ığdır. Łódź śnieg żółw. 東京の天気 注文番号 12345 한국어 주문. "
             "naïve ﬁle ﬂow x² ½ Ⅷ a_b snake_case CamelCase foo.bar baz/qux #tag @user 100% C++ C# 🎉emoji🎉 zero​width soft­hyphen",
}
ASKED = ["straße", "strasse", "STRASSE", "größe", "grösse", "größere", "grossere", "BÜRO", "mass", "perché", "PERCHE", "è", "l'università", "universita", "aquila", "won't", "isn't", "naive", "café", "wi-fi",
         "wifi", "E-1042", "1042", "2024/117", "2.0.1", "re-connecting", "j.smith@example.co.uk", "cœur", "coeur", "élève", "aujourd'hui", "garcon", "aout", "niño", "nino", "contrasena", "pingüino", "acción rápida",
         "rápida acción", "€1.250,00", "88-b", "ПРИВЕТ", "ελληνικα", "ΣΊΣΥΦΟΣ", "istanbul", "isik", "lodz", "żółw", "東京", "東京の天気", "注文番号", "한국어", "x²", "½", "snake_case", "snake", "foo.bar", "#tag", "100%",
         "c++", "🎉", "zero", "softhyphen", "\"fattura elettronica\"", "elettronica fattura", "fattur*", "fattur", "donau*", "gesellschaft", "\"", "AND", "NOT", "(", "subject:fattura", "^fattura", "invoice 117",
         "anna@example.com", "kunde3", "frage 7", "the", "55"]


@setup(start=False, config={"store.url": "sqlite:"})
def test_both_find_the_same_requests(desk):
    reason = postgres.installed() or (None if os.path.exists(os.path.join(BUILD, "tools", "postgres_try")) else "built with POSTGRESQL=no")
    if reason:
        raise Skip(reason)
    os.chmod(desk.directory, 0o755)
    chance = random.Random(7)
    with postgres.Server(os.path.join(desk.directory, "pg"), {"fsync": "off"}) as there:
        desk.start()
        count = 42
        for i in range(count):
            words = list(SENTENCES.values())[i % len(SENTENCES)].split()
            if i >= 2 * len(SENTENCES):
                words = chance.sample(words, min(len(words), 9))
            desk.accept(mail(subject="Frage %d %s" % (i, words[-1]), body=" ".join(words) + "\n", sender="kunde%d@example.com" % (i % 9)))
        last = str(count - 1)
        wait_until(lambda: desk.ok("ticket", "search", "frage", last), 60)
        url = there.create("one")
        assert desk.cli("store", "copy", "--to", url).code == 0
        directory = os.path.join(desk.directory, "other")
        os.mkdir(directory)
        other = Desk(directory, start=False, config={"store.url": url})
        with open(os.path.join(desk.state_dir, "secret.key")) as f, open(os.path.join(other.state_dir, "secret.key"), "w") as to:
            to.write(f.read())
        os.chmod(os.path.join(other.state_dir, "secret.key"), 0o600)
        other.start()
        wait_until(lambda: other.ok("ticket", "search", "frage", last), 60)
        differ, found = [], 0
        for words in ASKED:
            one, two = (d.cli("ticket", "search", "--", *words.split(" ")) for d in (desk, other))
            ids = [sorted(t["id"] for t in r.json) if r.code == 0 else r.code for r in (one, two)]
            found += bool(ids[0]) and ids[0] != 64
            if ids[0] != ids[1]:
                differ.append((words, *ids))
        assert not differ, "\n".join("%r: SQLite %s, PostgreSQL %s" % d for d in differ)
        assert found > 50, found
        print("%d questions, %d of them found something: the same on both" % (len(ASKED), found))
        other.stop()
        desk.stop()


test_both_find_the_same_requests.long = 30
