# Who comes, who goes, who forgot a password. A reset that nobody vouches for is marked, so that the agent looks twice:
# auth:pass means that our own mail server found the sender genuine.
require "imap4flags";

if header :contains "Subject" ["new employee", "new colleague", "starts on", "last day", "leaves on"] {
	addflag "tag:people";
}
if header :contains "Subject" ["password", "locked out", "account locked"] {
	addflag "tag:password";
	if not header :is "X-Sportello" "auth:pass" {
		addflag "tag:check-sender";
	}
}
