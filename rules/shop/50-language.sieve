# A tag for each language that only some of us speak, so that they find their tickets. The language of short mails is
# often not known; then there is no lang: at all.
require "imap4flags";

if header :is "X-Sportello" "lang:it" {
	addflag "tag:italian";
} elsif header :is "X-Sportello" ["lang:de", "lang:fr"] {
	addflag "tag:german-or-french";
}
