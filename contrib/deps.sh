#!/bin/sh
# deps.sh run|check|bench|fuzz|deb|image|bare - installs what is missing for a make target, saying so. deps.sh look: names the missing libraries, and the line that
# installs them; installs nothing. CC: the compiler.
# As root by itself; as a user by sudo where that works without a question; else prints the one line to run.
set -eu
build='gcc make pkg-config libgmime-3.0-dev libetpan-dev libsqlite3-dev libconfig-dev libmicrohttpd-dev nettle-dev libxml2-dev libsieve2-dev libpcre2-dev libstemmer-dev libcmark-dev libseccomp-dev liblinear-dev'
check="$build libcmocka-dev python3 sqlite3 postfix mandoc zsh fish chromium chromium-driver fonts-dejavu-core dovecot-imapd nginx apache2-bin caddy"
# A library is there if the compiler finds its header.
look() {
	missing=
	while read -r package header module; do
		flags=
		[ -z "$module" ] || flags=$(pkg-config --cflags "$module" 2>/dev/null) || :
		# shellcheck disable=SC2086
		echo "#include <$header>" | ${CC:-cc} $flags -E - >/dev/null 2>&1 || missing="$missing $package"
	done <<-END
	libgmime-3.0-dev gmime/gmime.h gmime-3.0
	libetpan-dev libetpan/libetpan.h
	libsqlite3-dev sqlite3.h sqlite3
	libconfig-dev libconfig.h libconfig
	libmicrohttpd-dev microhttpd.h libmicrohttpd
	nettle-dev nettle/sha2.h nettle
	libxml2-dev libxml/parser.h libxml-2.0
	libsieve2-dev sieve2.h
	libpcre2-dev pcre2posix.h
	libstemmer-dev libstemmer.h
	libcmark-dev cmark.h
	libseccomp-dev seccomp.h
	liblinear-dev linear.h
	END
	command -v pkg-config >/dev/null 2>&1 || missing="pkg-config$missing"
	[ -n "$missing" ] || exit 0
	echo "missing: ${missing# }" >&2
	echo "on Debian, this line installs them:  sudo apt-get install -y --no-install-recommends ${missing# }   (or: make deps-run)" >&2
	exit 1
}
case ${1-run} in
look)  look ;;
run)   want=$build ;;
check) want="$check${STORE:+ libpq-dev postgresql}" ;;
deb)   want="$build libpq-dev git debhelper lintian" ;;
image) want="$build libpq-dev git debhelper lintian umoci python3" ;;
bare)  want="python3 mmdebstrap iproute2 util-linux" ;;
bench) want="$build python3 postfix dovecot-core dovecot-lmtpd dovecot-sieve" ;;
fuzz)  want="$build clang" ;;
*) echo "deps.sh: run, check, bench, fuzz, deb, image or bare" >&2; exit 64 ;;
esac
command -v dpkg-query >/dev/null 2>&1 || { echo "deps.sh: not a Debian system; needed here: $want" >&2; exit 0; }
missing=
for p in $want; do
  dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing what is missing:$missing"
# A Postfix that is only there for the tests is set up for nothing: no main.cf, so nothing of it starts.
preseed=:
case $missing in *' postfix'*) preseed='echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections' ;; esac
# Nor is a Dovecot, or a web server, that is only there to be measured or tested with started, now or when the machine starts.
after=
units=
for p in $missing; do
	case $p in
	dovecot-core | dovecot-imapd) units="$units dovecot.service dovecot.socket" ;;
	nginx | caddy | postgresql) units="$units $p.service" ;;
	esac
done
if [ -n "$units" ] && [ -d /run/systemd/system ]; then
	preseed="$preseed && systemctl -q mask --runtime$units"
	after=" && systemctl -q unmask --runtime$units && systemctl -q disable$units"
fi
install="$preseed && apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
if [ "$(id -u)" = 0 ]; then sh -c "$install $missing$after" >"${TMPDIR:-/tmp}/sportello-deps.$$" 2>&1 || { tail -n 20 "${TMPDIR:-/tmp}/sportello-deps.$$" >&2; exit 1; }; rm -f "${TMPDIR:-/tmp}/sportello-deps.$$"
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n sh -c "$install $missing$after"
else echo "run this once, then make again:  sudo sh -c '$install$missing$after'" >&2; exit 1
fi
