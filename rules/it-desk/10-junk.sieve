# What the spam filter in front of us has marked becomes a ticket all the same, but a quiet one: filters are wrong
# now and then, and a mail that is thrown away cannot be answered. It goes to the first queue, at low priority.
require ["fileinto", "imap4flags"];

if anyof (header :is "X-Spam-Flag" "YES", header :contains "X-Spam-Status" "Yes,") {
	addflag ["tag:junk", "priority:low"];
	fileinto "queue/support";
	stop;
}
