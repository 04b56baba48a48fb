# Invoices, in the languages of the keyword set "invoice" of the configuration. Carla does the books. What only concerns
# the books and comes from our own accountant is passed on and makes no ticket: put the address in and take the # away.
require ["fileinto", "imap4flags"];

#if address :is "From" "office@accountant.example" {
#	redirect "books@your-own-address.example";
#	stop;
#}
if header :is "X-Sportello" "kw:invoice" {
	addflag ["tag:invoice", "agent:carla"];
	fileinto "queue/support";
	stop;
}
