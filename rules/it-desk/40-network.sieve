# VPN and network. The words stand in the keyword set "vpn" of the configuration: it looks at the subject and at what
# the sender newly wrote, not at quoted mails, and knows words, not parts of words.
require ["fileinto", "imap4flags"];

if header :is "X-Sportello" "kw:vpn" {
	addflag "tag:vpn";
	fileinto "queue/network";
	stop;
}
if header :contains "Subject" ["wifi", "wi-fi", "wlan", "network", "no internet"] {
	addflag "tag:network";
	fileinto "queue/network";
	stop;
}
