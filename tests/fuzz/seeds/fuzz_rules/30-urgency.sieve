# How urgent a person says it is. No stop: the next scripts still say what it is about. Whoever writes for the first time
# gets no high priority by a header alone, because mass mails like to set it.
require "imap4flags";

if allof (header :is "X-Sportello" "known:yes",
          anyof (header :is "Importance" "high", header :is "X-Priority" ["1", "1 (Highest)"])) {
	addflag "priority:high";
}
if header :contains "Subject" ["nobody can work", "everything is down", "security incident"] {
	addflag "priority:urgent";
}
