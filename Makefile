# Sportello. `make help` lists what there is. Plain GNU make; every room of src/ is found by itself.
PREFIX   ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR  ?= $(PREFIX)/lib/systemd/system
DESTDIR  ?=
# Debian's own packages keep it apart from what is installed by hand.
ZSHDIR    = $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
BUILD    ?= build
CC       ?= cc
VERSION  := $(shell sed -n 's/^Version //p' NEWS 2>/dev/null | head -n 1 | cut -d' ' -f1)

# SAN=address,undefined or SAN=thread builds under sanitizers (use another BUILD beside it).
SAN      ?=
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 -Wno-unused-parameter
HARDEN   := -fstack-protector-strong -fPIE
ifeq ($(SAN),)
HARDEN   += -D_FORTIFY_SOURCE=2
else
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif

# VFS=no leaves SQLite its own file system: the same on the disk, with two writes a page of the log instead of one a commit (another BUILD beside it).
VFS      ?=
ifeq ($(VFS),no)
WITHOUT  := src/sqlite/sqlite_vfs.c
$(BUILD)/obj/src/sqlite/sqlite_open.o: CFLAGS += -DSQLITE_WITHOUT_VFS
endif

# The second kind of database, where libpq is found: a desk on one machine needs none. POSTGRESQL=no leaves it out, =yes insists (another BUILD beside it).
POSTGRESQL ?= $(shell pkg-config --exists libpq 2>/dev/null && echo yes || echo no)
ifeq ($(POSTGRESQL),no)
WITHOUT  += $(wildcard src/postgres/*.c)
$(BUILD)/obj/src/engine/engine_door.o $(BUILD)/obj/src/engine/engine_bulk.o: CFLAGS += -DENGINE_WITHOUT_POSTGRES
else
PKG_PQ   := libpq
endif

PKGS     := $(PKG_PQ) gmime-3.0 sqlite3 libconfig libmicrohttpd nettle libxml-2.0
# V=1 shows the whole command lines.
ifeq ($(V),1)
say =
else
say = @echo '  $(1)';
endif
# Asked only when something is built, so that `make run` can install pkg-config first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
# libetpan's .pc leaks Debian build flags (no-pie specs): link it plainly.
LIBS     = $(PKG_LIBS) -letpan -lsieve -lpcre2-8 -lstemmer -lcmark -lseccomp -llinear -lpthread -lm
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE= $(WARN) $(HARDEN) $(CFLAGS) $(SANFLAGS) -Iinclude -I$(BUILD)/gen $(PKG_CFLAGS) -DSPORTELLO_VERSION='"$(VERSION)"' -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now

LIB_SRC    := $(filter-out src/daemon/% src/cli/% $(WITHOUT),$(wildcard src/*/*.c))
DAEMON_SRC := $(wildcard src/daemon/*.c)
CLI_SRC    := $(wildcard src/cli/*.c)
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
TEMPLATES  := $(sort $(wildcard conf/templates/*/*.txt conf/templates/*/*.html))
obj         = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
DOMAINS    := $(sort $(wildcard conf/domains/*.txt))
LIB_OBJ    := $(call obj,$(LIB_SRC)) $(BUILD)/obj/gen/templates.o $(BUILD)/obj/gen/lists.o
LIB        := $(BUILD)/libsportello.a
UNIT_BIN   := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))

.PHONY: deb image bare growth corpus format format-check all run check check-san check-crash looks mirror kills soak property laws bench bench-tools fuzz mutations install uninstall clean help deps-% units
.SECONDARY:

all: $(BUILD)/sportellod $(BUILD)/sportello

# Which libraries are missing, in one line, before the compiler says it in a hundred.
$(BUILD)/libraries-are-there: contrib/deps.sh
	@mkdir -p $(@D)
	@CC="$(CC)" sh contrib/deps.sh look && touch $@

$(BUILD)/obj/src/%.o: src/%.c | $(BUILD)/libraries-are-there
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) $(ALL_CFLAGS) -c -o $@ $<
$(BUILD)/obj/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) $(ALL_CFLAGS) -Itests/unit -Isrc -c -o $@ $<

# The built-in templates: conf/templates, as C, so that the programs need no file to answer a mail.
$(BUILD)/gen/templates.c: contrib/embed-templates $(TEMPLATES)
	@mkdir -p $(@D)
	@sh contrib/embed-templates $(TEMPLATES) > $@.new && mv $@.new $@
$(BUILD)/obj/gen/templates.o: $(BUILD)/gen/templates.c
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The built-in lists of domains that are nobody's in particular.
$(BUILD)/gen/lists.c: contrib/embed-lists $(DOMAINS)
	@mkdir -p $(@D)
	@sh contrib/embed-lists $(DOMAINS) > $@.new && mv $@.new $@
$(BUILD)/obj/gen/lists.o: $(BUILD)/gen/lists.c
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/sportellod: $(call obj,$(DAEMON_SRC)) $(LIB)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/sportello: $(call obj,$(CLI_SRC)) $(LIB)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Unit tests. The desk's link only base, the mail values and the desk itself: the link line proves that it is pure.
PURE_OBJ := $(call obj,$(wildcard src/base/*.c src/query/*.c src/desk/*.c) src/mail/mail_values.c src/mail/mail_address_usable.c) $(BUILD)/obj/gen/templates.o
$(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_desk*.c)): $(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(PURE_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lm -lnettle
$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# Loaded before the C library by tests: disks that remember and fail, memory that runs out. Never sanitized: they are loaded first.
SHIMS := $(patsubst tests/shim/%.c,$(BUILD)/tests/%.so,$(wildcard tests/shim/*.c))
$(BUILD)/tests/%.so: tests/shim/%.c
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) -std=gnu17 $(filter-out -Wmissing-prototypes,$(WARN)) -O2 -g -fPIC -shared -o $@ $< -ldl

# The fuzzers need clang to link; whatever changes what they call shall see it at once.
FUZZ_OBJ := $(call obj,$(wildcard tests/fuzz/*.c))

# Small programs that tests written in Python talk to.
TEST_TOOLS := $(BUILD)/tools/calendar_try $(BUILD)/tools/sla_try $(BUILD)/tools/clean_try $(BUILD)/tools/looks_try $(BUILD)/tools/cli_server $(if $(PKG_PQ),$(BUILD)/tools/postgres_try)
$(BUILD)/tools/%: $(BUILD)/obj/tests/tools/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The command line, to be forked: its objects, and main() by another name.
$(BUILD)/obj/plain/cli_main.o: $(BUILD)/obj/src/cli/cli_main.o Makefile
	@mkdir -p $(@D)
	@objcopy --redefine-sym main=sportello_main --redefine-sym mail_init=sportello_mail_init $< $@
$(BUILD)/tools/cli_server: $(BUILD)/obj/tests/tools/cli_server.o $(BUILD)/obj/plain/cli_main.o $(filter-out %/cli_main.o,$(call obj,$(CLI_SRC))) $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The store's tests once more on SQLite's own file system: what opens a database, built without ours, goes before the library's.
PLAIN_BIN := $(BUILD)/tests/test_store_plain $(BUILD)/tests/test_store_plain_commit
$(BUILD)/obj/plain/sqlite_open.o: src/sqlite/sqlite_open.c
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) $(ALL_CFLAGS) -DSQLITE_WITHOUT_VFS -c -o $@ $<
$(PLAIN_BIN): $(BUILD)/tests/test_store_plain%: $(BUILD)/obj/tests/unit/test_store%.o $(BUILD)/obj/plain/sqlite_open.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

units: $(PLAIN_BIN) $(UNIT_BIN) $(SHIMS) $(FUZZ_OBJ) $(TEST_TOOLS)

deps-%:
	@sh contrib/deps.sh $*

run: deps-run
	@$(MAKE) --no-print-directory all
	@sh contrib/demo.sh $(BUILD)

# The build of a check uses all processors, if nobody has said how many.
EVERY_PROCESSOR = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# STORE=postgresql: the black box on a PostgreSQL server of its own; what only SQLite has is named in tests/blackbox/of_sqlite.py.
check: deps-check
	@$(MAKE) --no-print-directory $(EVERY_PROCESSOR) all units
	@BUILD=$(BUILD) $(if $(STORE),STORE=$(STORE) )sh tests/run.sh

check-san: deps-check
	@sh tests/run-san.sh

check-crash: deps-check
	@$(MAKE) --no-print-directory all units
	@BUILD=$(BUILD) CRASH_ROUNDS=50 POWERCUT_CUTS=0 POWERCUT_STARTS=60 LOCKED_SECONDS=60 python3 tests/blackbox/run.py crash powercut disk: locked

# OUT=DIR: keeps what differs, as pictures. See tests/looks/run.py.
looks: deps-check
	@$(MAKE) --no-print-directory all units
	@BUILD=$(BUILD) python3 tests/looks/run.py $(if $(OUT),-o $(OUT))

# MIRROR_TICKETS (20000), MIRROR_KILLS (50): see tests/blackbox/test_mirror_many.py.
mirror: deps-check
	@$(MAKE) --no-print-directory all units bench-tools
	@BUILD=$(BUILD) MIRROR_TICKETS=$${MIRROR_TICKETS-20000} MIRROR_KILLS=$${MIRROR_KILLS-50} python3 tests/blackbox/run.py -j 1 mirror_many:

# Three gateways on one PostgreSQL database, killed at random, and so is the server: COUNT (1000) times, half an hour or two.
kills: deps-check
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) KILLS=$${COUNT-1000} python3 tests/blackbox/run.py -j 1 kills:

# SOAK_SECONDS (3600), SOAK_RATE: see tests/soak.py.
soak: deps-check
	@$(MAKE) --no-print-directory all bench-tools
	@BUILD=$(BUILD) python3 tests/soak.py

# Every mail of the corpus, where `make check` asks about a sample: some minutes.
corpus: deps-check
	@$(MAKE) --no-print-directory all units
	@BUILD=$(BUILD) CORPUS_FULL=1 python3 tests/blackbox/run.py corpus

# LAWS (1000000): random calendars and tickets, whose times Python computes a second time. SEED=N: see tests/clock_laws.py.
laws: deps-check
	@$(MAKE) --no-print-directory all units
	@BUILD=$(BUILD) python3 tests/calendar_laws.py $(or $(LAWS),1000000)
	@BUILD=$(BUILD) python3 tests/clock_laws.py $(or $(LAWS),1000000)

# PROPERTY_MAILS (100000), PROPERTY_SEED=N: see tests/property/run.py.
property: deps-check
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) python3 tests/property/run.py

# ROUNDS=N, CASE="names of cases", BENCH=quick: see tests/bench/run.py.
BENCH_TOOLS := $(addprefix $(BUILD)/bench/,load floor loop sink bench_store sync.so trace.so)
bench: deps-bench
	@$(MAKE) --no-print-directory all bench-tools
	@BUILD=$(BUILD) python3 tests/bench/run.py $(ROUNDS) $(CASE)
bench-tools: $(BENCH_TOOLS)

$(BUILD)/bench/load: tests/bench/load.c tests/bench/load_mails.c tests/bench/load.h
$(BUILD)/bench/floor: tests/bench/floor.c
$(BUILD)/bench/loop: tests/bench/loop.c
$(BUILD)/bench/sink: tests/bench/sink.c
$(BUILD)/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -shared -fPIC -o $@ $< -ldl
$(BUILD)/bench/bench_store: $(BUILD)/obj/tests/bench/bench_store.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK $@)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC   $@)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $(filter %.c,$^) -lsqlite3 -lpthread -lm

# Mails and scripts of the rules, mutated: 50,000 and 10,000 from inside, and fewer through a whole desk.
mutations: deps-check
	@$(MAKE) --no-print-directory all units
	@RULES_MUTATIONS=50000 $(BUILD)/tests/test_rules_workers
	@RULES_MUTATIONS=50000 $(BUILD)/tests/test_rules_reduce
	@BUILD=$(BUILD) RULES_MUTATIONS=5000 python3 tests/blackbox/run.py rules_trouble

# All of the dictionary at 1 MB and what the shared folder makes, as the compiler leaves it and as it improves it. Minutes each.
growth: deps-check
	@for level in -O0 -Og -O2; do \
	  $(MAKE) --no-print-directory BUILD=$(BUILD)/growth$$level CFLAGS="$$level -g" HARDEN="-fstack-protector-strong -fPIE" $(BUILD)/growth$$level/tests/test_mail_growth \
	  && echo "built with $$level" && GROWTH_FULL=1 $(BUILD)/growth$$level/tests/test_mail_growth || exit 1; done

# The Debian package, and what lintian says of it.
deb: deps-deb
	@BUILD=$(BUILD) sh contrib/debian/build

# An OCI image of the package and of Debian's, without a registry. KEEP=1 takes the package that is there.
image: deps-image
	@[ -n "$(KEEP)" ] && ls $(BUILD)/sportello_*.deb >/dev/null 2>&1 || $(MAKE) --no-print-directory deb
	@BUILD=$(BUILD) sh contrib/image/build

# The package on Debian 12 machines of its own, booted where this one has cgroup2: README's chapter by the letter, beside a Postfix that serves others, a
# life under systemd with upgrades, removal. Some minutes; root.
bare: deps-bare
	@[ -n "$(KEEP)" ] && ls $(BUILD)/sportello_*.deb >/dev/null 2>&1 || $(MAKE) --no-print-directory deb
	@BUILD=$(BUILD) sh tests/packages/run

fuzz: deps-fuzz
	@sh tests/fuzz/run.sh

# What was changed since BASE, as .clang-format has it. FORMAT_ALL=1: all sources (one commit of its own, if ever).
BASE ?= origin/main
format-check:
	@said=$$(git clang-format --diff $(BASE) -- src include tests) || exit 1; \
	case "$$said" in ''|'no modified files to format'|*'did not modify any files') ;; *) echo "$$said"; exit 1 ;; esac
format:
	@if [ -n "$(FORMAT_ALL)" ]; then clang-format -i src/*/*.[ch] include/*.h tests/*/*.[ch]; else git clang-format $(BASE) -- src include tests; fi

# Documents lie as they lie here, so that their links lead somewhere: contrib and rules are links to where the files themselves are.
DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/sportello
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin
	install -m 755 $(BUILD)/sportello $(DESTDIR)$(PREFIX)/bin/sportello
	install -m 755 $(BUILD)/sportellod $(DESTDIR)$(PREFIX)/sbin/sportellod
	for s in 1 5 7 8; do install -d $(DESTDIR)$(PREFIX)/share/man/man$$s; \
	  for m in man/*.$$s; do [ -e "$$m" ] || continue; \
	    sed 's,/usr/local/,$(PREFIX)/,g' "$$m" > "$(DESTDIR)$(PREFIX)/share/man/man$$s/$${m#man/}"; \
	    chmod 644 "$(DESTDIR)$(PREFIX)/share/man/man$$s/$${m#man/}"; done; done
	install -d $(DESTDIR)$(SYSCONFDIR)/sportello/rules $(DESTDIR)$(SYSCONFDIR)/sportello/kb
	[ -e $(DESTDIR)$(SYSCONFDIR)/sportello/sportello.conf ] || install -m 640 conf/sportello.conf $(DESTDIR)$(SYSCONFDIR)/sportello/sportello.conf
	install -D -m 644 conf/sportello.conf $(DESTDIR)$(PREFIX)/share/sportello/sportello.conf
	cp -r rules conf/templates conf/domains contrib/web contrib/monitoring contrib/postfix contrib/mail $(DESTDIR)$(PREFIX)/share/sportello/
	install -D -m 644 contrib/image/README $(DESTDIR)$(PREFIX)/share/sportello/image/README
	chmod -R u=rwX,go=rX $(DESTDIR)$(PREFIX)/share/sportello
	install -d $(DESTDIR)$(UNITDIR)
	sed 's,@PREFIX@,$(PREFIX),g' contrib/systemd/sportellod.service > $(DESTDIR)$(UNITDIR)/sportellod.service
	install -D -m 644 contrib/systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/sportello.conf
	install -D -m 644 contrib/systemd/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/sportello.conf
	install -d $(DOCDIR)/doc
	install -m 644 README.md NEWS COPYING $(DOCDIR)/
	install -m 644 doc/* $(DOCDIR)/doc/
	ln -sfn ../../sportello $(DOCDIR)/contrib
	ln -sfn ../../sportello/rules $(DOCDIR)/rules
	install -d $(DOCDIR)/examples/mails
	install -m 644 contrib/demo/*.eml $(DOCDIR)/examples/mails/
	install -m 644 conf/sportello.conf $(DOCDIR)/examples/sportello.conf
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/$(ZSHDIR) $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BUILD)/sportello completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sportello
	$(BUILD)/sportello completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/$(ZSHDIR)/_sportello
	$(BUILD)/sportello completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sportello.fish

# Leaves /etc/sportello and the state directory alone: they are the sysadmin's.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/sportello $(DESTDIR)$(PREFIX)/sbin/sportellod
	rm -f $(DESTDIR)$(PREFIX)/share/man/man*/sportello*.[1578]
	rm -f $(DESTDIR)$(UNITDIR)/sportellod.service $(DESTDIR)$(PREFIX)/lib/sysusers.d/sportello.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/sportello.conf
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sportello $(DESTDIR)$(PREFIX)/share/zsh/$(ZSHDIR)/_sportello $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sportello.fish
	rm -rf $(DESTDIR)$(PREFIX)/share/sportello $(DESTDIR)$(PREFIX)/share/doc/sportello

clean:
	rm -rf build build-asan build-tsan build-fuzz

help:
	@echo 'make run        install what is missing, build, start a demonstration desk and feed it real mails'
	@echo 'make check      install what the tests need, build, run all tests (FAST=1: units, rooms, manuals)'
	@echo 'make            build/sportellod and build/sportello'
	@echo 'make install    DESTDIR= PREFIX= SYSCONFDIR=   (and make uninstall)'
	@echo 'make deb        the Debian package, in build/, and what lintian says of it'
	@echo 'make image      the same as an OCI image, below 90 MB, in build/ (contrib/image/README)'
	@echo 'make bare       the package on a fresh Debian 12, by the README; KEEP=1 takes the package that is there; root, minutes'
	@echo 'make check-san  the suite under ASan+UBSan, and TSan where threads meet'
	@echo 'make check-crash  kill -9 under load, 50 rounds; power cuts at every write of a day; disks that fail; a minute of lock'
	@echo 'make looks      72 HTML answers of nine mail programs, as sent and as the customer gets them, drawn by Chromium and compared; two minutes'
	@echo 'make mirror     20,000 tickets mirrored under Dovecot: 50 times killed, threads, searches, flags, an answer from there; minutes'
	@echo 'make kills      three gateways on one PostgreSQL under mail, 1,000 kills of gateways and server (COUNT=50): nothing lost, nothing doubled'
	@echo 'make soak       an hour at half the top rate with everything on, a line a minute'
	@echo 'make property   100,000 mails of random dialogs beside an oracle: who wrote what, for whom, and who read it'
	@echo 'make laws       a million random calendars and tickets, whose times and promises Python computes a second time; half an hour'
	@echo 'make bench      performance beside the peers, ratios first: 20 minutes; BENCH=quick: 3'
	@echo 'make corpus     every mail of the corpus through intake, pages, and rules both ways; some minutes'
	@echo 'make growth     mails of everything that can be repeated, doubled: time and heap, at -O0, -Og and -O2; half an hour'
	@echo 'make format-check  what was changed since BASE (origin/main) and is not in the dialect of .clang-format; make format mends it'
	@echo 'make fuzz       the fuzzers, for a bounded time'
	@echo 'make mutations  50,000 mutated mails and 10,000 mutated scripts against the rules'

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
