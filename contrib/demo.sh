#!/bin/sh
# demo.sh BUILD - `make run`: a desk on loopback ports with outgoing mail kept as files, fed with the mails of contrib/demo.
# Shows the tickets and the mails sent, and leaves the daemon running. Run again, it stops the former one and starts afresh.
set -u
build=${1:-build}
here=$(dirname "$0")
LC_ALL=C
export LC_ALL
[ -x "$build/sportellod" ] && [ -x "$build/sportello" ] || { echo "demo.sh: no programs in $build: make first" >&2; exit 66; }
build=$(cd "$build" && pwd)

# A directory of our own: made by us, for nobody else, so that no other user of the machine can put files in our way.
top=${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}
[ -d "$top" ] && [ -w "$top" ] || top=/tmp
dir=$top/sportello-demo.$(id -u)
if [ -e "$dir" ] && { [ -L "$dir" ] || [ ! -O "$dir" ]; }; then
	echo "demo.sh: $dir is not ours; remove it" >&2
	exit 73
fi

# ---- the former one, if it still runs
stop_former() {
	[ -f "$dir/pid" ] || return 0
	pid=$(cat "$dir/pid")
	[ -r "/proc/$pid/cmdline" ] || return 0
	case $(tr '\0' ' ' <"/proc/$pid/cmdline") in
	*sportellod*"$dir"*)
		echo "stopping the former demonstration (process $pid)"
		kill "$pid" 2>/dev/null
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.5
		done ;;
	esac
}
stop_former
rm -rf "$dir"
(umask 077 && mkdir -p "$dir/state") || exit 73

# ---- a port that nobody listens on, from $1 up
free_port() {
	port=$1
	while cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v p="$(printf ':%04X' "$port")" '$4 == "0A" && substr($2, length($2) - 4) == p { f = 1 } END { exit !f }'; do
		port=$((port + 1))
	done
	echo "$port"
}
lmtp=$(free_port 2424)
web=$(free_port 8025)

cat >"$dir/sportello.conf" <<CONF
desk:  { name = "Acme Support"; domain = "example.org"; state_dir = "$dir/state"; };
lmtp:  { listen = [ "127.0.0.1:$lmtp" ]; };
web:   { listen = "127.0.0.1:$web"; base_url = "http://127.0.0.1:$web"; };
relay: { url = "maildir:$dir/sent"; };
rules_dir = ""; kb_dir = ""; templates_dir = "";
agents: (
  { name = "bob"; email = "bob@example.org"; display = "Bob Rossi"; },
  { name = "eva"; email = "eva@example.org"; display = "Eva Neri"; }
);
queues: (
  { name = "support"; address = "support@example.org"; description = "Everything that fits nowhere else"; agents = [ "bob" ]; },
  { name = "network"; address = "network@example.org"; description = "VPN, wifi, cabling"; agents = [ "eva" ]; }
);
CONF

: >"$dir/log"
"$build/sportellod" -c "$dir/sportello.conf" </dev/null >>"$dir/log" 2>&1 &
pid=$!
echo "$pid" >"$dir/pid"
sportello() { "$build/sportello" -c "$dir/sportello.conf" "$@"; }

give_up() {
	echo "demo.sh: $1; the log is $dir/log:" >&2
	tail -n 15 "$dir/log" >&2
	kill "$pid" 2>/dev/null
	exit 70
}

# Waits up to ten seconds for a command to succeed.
wait_for() {
	tries=100
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.1
	done
}
ready() { grep -q 'event=daemon.ready' "$dir/log"; }
wait_for ready || give_up 'sportellod does not start'

# ---- mails sent: files of a maildir, with Return-Path and Delivered-To above the mail
header() { # FILE NAME: the value of the first such header, unfolded
	awk -v name="$2:" '
		/^\r?$/ { exit }
		/^[ \t]/ { if (on) { sub(/^[ \t]+/, " "); value = value $0 } next }
		{ if (on) exit; if (tolower(substr($0, 1, length(name))) == tolower(name)) { on = 1; value = substr($0, length(name) + 2) } }
		END { gsub(/\r/, "", value); print value }' "$1"
}
sent_to() { # ADDRESS: the first mail to it; fails if there is none yet
	file=$(grep -lix "Delivered-To: $1.\{0,1\}" "$dir"/sent/new/* 2>/dev/null | sort | head -n 1)
	[ -n "$file" ]
}

deliver() { # FILE SENDER RECIPIENT: as a mail server would, by LMTP
	echo "  ${1##*/}: from <$2> to <$3>"
	sportello deliver --from "$2" --to "$3" "$1" >"$dir/reply" 2>&1 || give_up "$(cat "$dir/reply")"
}
# FILE SENDER PERSON HEADER: a mail that answers the first mail sent to PERSON, to the address in its HEADER.
answer() {
	wait_for sent_to "$3" || give_up "no mail was sent to $3"
	to=$(header "$file" "$4" | tr -d '<>')
	id=$(header "$file" Message-ID)
	sed "s|@TO@|$to|; s|@MESSAGE-ID@|$id|" "$here/demo/$1" >"$dir/$1"
	deliver "$dir/$1" "$2" "$to"
}

echo 'Mails come in by LMTP:'
deliver "$here/demo/1-scanner.eml" anna@example.com support@example.org
deliver "$here/demo/2-vpn.eml" lea.moreau@example.net network@example.org
deliver "$here/demo/3-fattura.eml" giulia.conti@example.it support@example.org
answer 4-out-of-office.eml '' giulia.conti@example.it Return-Path
answer 5-bounce.eml '' lea.moreau@example.net Return-Path
answer 6-reply.eml anna@example.com anna@example.com Reply-To
answer 7-answer.eml bob@example.org bob@example.org Reply-To
echo '  and on the command line, an agent: sportello ticket resolve 3 --as bob'
echo 'Ha ragione, le licenze sono dieci. Le mandiamo subito la fattura corretta.' | sportello ticket resolve 3 --as bob >"$dir/reply" 2>&1 ||
	give_up "$(cat "$dir/reply")"
quiet() { sportello --json outbox list | grep -q '^\[ *\]$'; }
wait_for quiet || give_up 'the mails do not go out'

field() { # NAME: the value of the first string of that name in the JSON on standard input
	sed -n 's/.*[{,]"'"$1"'":"\(\([^"\\]\|\\.\)*\)".*/\1/p' | sed 's/\\n/\n/g; s/\\"/"/g; s/\\\\/\\/g'
}
show_sent() { # FILE: to whom, what, and the first lines, as the desk itself reads a mail
	mail=$(sportello --json explain "$1" | sed 's/"problems".*//; s/"reply_text".*"attachments"/"attachments"/')
	printf '\nFrom:    %s\nTo:      %s\nSubject: %s\n' "$(printf '%s\n' "$mail" | sed -n 's/.*"from":{"address":"\([^"]*\)","name":"\([^"]*\)".*/\2 <\1>/p')" "$(header "$1" Delivered-To)" \
		"$(printf '%s\n' "$mail" | field subject)"
	printf '%s\n' "$mail" | field text | awk 'NF && ++shown > 9 { print "    ..."; exit } { print "    " $0 }'
}

printf '\nThe tickets (sportello ticket list):\n\n'
sportello ticket list || give_up 'ticket list failed'
printf '\nThe first of them (sportello ticket show 1):\n\n'
sportello ticket show 1 || give_up 'ticket show failed'
printf '\nThe mails sent (kept as files in %s):\n' "$dir/sent/new"
for file in "$dir"/sent/new/*; do show_sent "$file"; done

# The first link to a page in the last mail to ADDRESS.
link_to() {
	file=$(grep -lix "Delivered-To: $1.\{0,1\}" "$dir"/sent/new/* | sort | tail -n 1)
	sportello --json explain "$file" | sed 's/"reply_text".*//' | grep -o "http://127.0.0.1:$web/[a-z0-9/]*" | head -n 1
}
first=$(sent_to anna@example.com && sportello --json explain "$file" | grep -o "http://127.0.0.1:$web/[a-z0-9/]*" | head -n 1)

cat <<MORE

The desk runs on as process $pid.
  pages        $first   Anna's request
               $(link_to giulia.conti@example.it)   Giulia is asked: is it solved?
               http://127.0.0.1:$web/healthz   http://127.0.0.1:$web/metrics
  look on      $build/sportello -c $dir/sportello.conf ticket show 2
               $build/sportello -c $dir/sportello.conf mailbox list
               echo 'On my way.' | $build/sportello -c $dir/sportello.conf ticket reply 1 --as bob
  a mail in    $build/sportello -c $dir/sportello.conf deliver --from you@example.com --to support@example.org FILE.eml
  the log      $dir/log
  stop it      kill $pid
MORE
