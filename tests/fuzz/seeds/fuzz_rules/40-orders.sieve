# Orders and what goes wrong with them. The first that fits counts; a return is more urgent than a question.
require "imap4flags";

if header :contains "Subject" ["return", "refund", "broken", "damaged", "reso", "rimborso", "retoure", "reklamation", "remboursement"] {
	addflag ["tag:return", "priority:high"];
} elsif header :contains "Subject" ["where is", "not arrived", "tracking", "spedizione", "lieferung", "livraison"] {
	addflag "tag:delivery";
} elsif header :contains "Subject" ["order", "ordine", "bestellung", "commande", "pedido"] {
	addflag "tag:order";
}
