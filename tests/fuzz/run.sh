#!/bin/sh
# run.sh - make fuzz: builds every fuzzer with clang, ASan and UBSan, and runs each for FUZZ_SECONDS (60). Seeds: tests/fuzz/seeds/NAME,
# and the open corpus where it lies beside the project. Findings stay in build-fuzz/found.
set -eu
out=build-fuzz
seconds=${FUZZ_SECONDS-60}
command -v clang >/dev/null || { echo "make fuzz needs clang" >&2; exit 69; }
make --no-print-directory BUILD=$out CC=clang SAN=address,undefined CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' $out/libsportello.a
mkdir -p $out/found
failed=0 count=0
for source in tests/fuzz/fuzz_*.c; do
  name=$(basename "$source" .c)
  program=$out/$name
  clang -std=gnu17 -D_GNU_SOURCE -O1 -g -Iinclude -Isrc $(pkg-config --cflags gmime-3.0 libxml-2.0) -fsanitize=fuzzer,address,undefined -o "$program" "$source" \
    $out/libsportello.a $(pkg-config --libs gmime-3.0 sqlite3 libconfig libmicrohttpd nettle libxml-2.0) -letpan -lstemmer -lcmark -llinear -lpthread -lm
  mkdir -p "$out/corpus/$name"
  dictionary=tests/fuzz/$(echo "$name" | sed 's/^fuzz_//').dict
  set -- "$out/corpus/$name"
  [ -d "tests/fuzz/seeds/$name" ] && set -- "$@" "tests/fuzz/seeds/$name"
  case $name in fuzz_config) set -- "$@" conf ;; fuzz_template) set -- "$@" conf/templates/en ;; esac
  case $name in fuzz_mail) [ -d ../shared/corpora/open/survival ] && set -- "$@" ../shared/corpora/open/*/ ;; esac
  [ -f "$dictionary" ] && set -- "-dict=$dictionary" "$@"
  echo "$name: $seconds s"
  count=$((count + 1))
  if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$out/found/$name-" "$@" >"$out/$name.log" 2>&1
  then grep -h number_of_executed_units "$out/$name.log"
  else failed=$((failed + 1)); tail -n 30 "$out/$name.log"
  fi
done
echo "$((count - failed)) passed, $failed failed"
[ $failed = 0 ]
