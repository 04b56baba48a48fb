# Offers of search engine fame and the like: refused, so that a person who was taken for one of them hears of it.
# Only for senders who never wrote before. Anything marked by the spam filter becomes a quiet ticket.
require ["fileinto", "imap4flags", "reject"];

if allof (header :is "X-Sportello" "known:no",
          header :contains "Subject" ["first page of google", "guest post", "backlinks"]) {
	reject "We take no offers by mail. If you are a customer, please write again and name your order.";
	stop;
}
if header :is "X-Spam-Flag" "YES" {
	addflag ["tag:junk", "priority:low"];
	fileinto "queue/support";
	stop;
}
