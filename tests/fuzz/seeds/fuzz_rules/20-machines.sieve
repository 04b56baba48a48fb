# Mails that machines write: monitoring, backups, printers. They go to the people who look after machines. What a
# monitor calls a problem is urgent, and bob is told at once.
require ["fileinto", "imap4flags", "notify"];

if header :matches "Subject" ["** PROBLEM *", "PROBLEM:*", "[FIRING:*"] {
	addflag ["tag:monitoring", "priority:urgent"];
	notify "agent:bob";
	fileinto "queue/network";
	stop;
}
if header :matches "Subject" ["** RECOVERY *", "RESOLVED:*", "[RESOLVED]*"] {
	addflag ["tag:monitoring", "priority:low"];
	fileinto "queue/network";
	stop;
}
if header :contains "Subject" ["backup failed", "backup job failed"] {
	addflag ["tag:backup", "priority:high"];
	fileinto "queue/network";
	stop;
}
