# Notices of platforms and payment services: kept, tagged, and nobody is disturbed. They are told by the sender's domain
# and only believed if our mail server found the sender genuine.
require ["fileinto", "imap4flags"];

if allof (address :domain "From" ["paypal.com", "stripe.com", "ebay.com", "amazon.com"],
          header :is "X-Sportello" "auth:pass") {
	addflag ["tag:platform", "priority:low"];
	fileinto "queue/support";
	stop;
}
