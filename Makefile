# komainu: build, test, install.
#
#   make demo         three nodes in network namespaces, live, with the gaps that a client sees
#   make check        builds and runs every test
#   make faults       fails, kills and isolates nodes in every way, and shows what comes of it;
#                     ROW='part of a name', SEED=
#   make fuzz         feeds everything that reads bytes from outside what clang's libFuzzer makes up
#   make              builds build/release/{komainud,komainuctl,komainu-check,komainu-pgpool}
#   make sim          clusters in virtual time, beset with faults: RUNS=N so many, SEED=N this one told
#   make captures     makes the captures in test/pcap anew, of daemons
#   make check-systemd    three machines, each with a systemd of its own (needs root)
#   make html         renders the manual pages to build/html
#   make deb, make rpm    packages, in build/deb and build/rpm; make check-packages installs them
#                     in roots of their own, and shows what comes of it (needs root)
#   make mutants      whether the simulator finds deliberate flaws in the core
#
# demo and check install what is missing first (make deps). TESTS=basic leaves out the servers that
# only tests run, pgpool-II and PostgreSQL, and those tests; make deps TESTS=packages installs what
# packages are built and checked with. Variables: SAN=address,undefined or SAN=thread builds into a
# tree of its own; WERROR=1 makes warnings errors; V=1 shows each command; CXX, CXXFLAGS, CPPFLAGS,
# LDFLAGS are the user's; PREFIX, SBINDIR, LIBEXECDIR, DATADIR, MANDIR, SYSCONFDIR, UNITDIR,
# SYSUSERSDIR, CATALOGDIR, BASHCOMPDIR, ZSHCOMPDIR and DESTDIR as the GNU conventions have them.

PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
# Debian has its own in vendor-completions beside it.
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
DESTDIR    ?=
TESTS      ?= full

# All processors, unless told otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

VERSION  := 0.1.0
empty    :=
comma    := ,
FUZZ_CXX ?= clang++
VARIANT  := $(if $(SAN),$(subst $(comma),-,$(SAN)),release)
B        := build/$(VARIANT)
Q        := $(if $(V),,@)

LIBS      := libmnl libnl-3.0 libnl-route-3.0 libsodium libcap-ng libseccomp libbpf fmt libmd
# Of komainu-check alone: the daemon does without them.
CHECK_LIBS := libcurl libpq
TEST_LIBS := libpcap gtest
# Empty until `make deps` has been: the targets that people call install first, then call make again.
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

SANITIZE := $(if $(SAN),-fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all)
OPTIMIZE := $(if $(SAN),-g -O1,-g -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# Tests need not be fast; not optimizing them halves the time that `make check` takes to build. The
# simulator must be.
OPTIMIZE_TESTS := -g1 -O0 -U_FORTIFY_SOURCE
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor \
            -Wold-style-cast -Wimplicit-fallthrough $(if $(WERROR),-Werror)
override CPPFLAGS := -I. -Isrc -isystem $(B)/bpf \
            -DKOMAINU_VERSION='"$(VERSION)"' -D_GNU_SOURCE -MMD -MP \
            $(call pkg,--cflags,$(LIBS)) $(CPPFLAGS)
# The user's own flags come last, so that they win.
USER_FLAGS := $(CXXFLAGS)
override CXXFLAGS := -std=c++20 $(SANITIZE) $(WARNINGS) -fstack-protector-strong -fPIE
override LDFLAGS  := $(if $(SAN),-fsanitize=$(SAN)) -fPIE -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LDLIBS      = $(call pkg,--libs,$(LIBS)) -lboost_program_options
TEST_LDLIBS = $(call pkg,--libs,$(TEST_LIBS)) -lpthread

ROOMS     := src/base src/core packet netlink conf src/io src/guard src/runner src/check src/checker \
             src/pgpool src/daemon src/ctl
SOURCES   := $(filter-out %/main.cpp,$(wildcard $(ROOMS:=/*.cpp)))
OBJECTS   := $(SOURCES:%.cpp=$(B)/%.o)
LAB       := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/lab/*.cpp))
SIM_TESTS := $(wildcard test/sim/*stories.cpp test/sim/quorum_table.cpp test/sim/quorum_walk.cpp)
SIM       := $(patsubst %.cpp,$(B)/%.o,$(filter-out %/main.cpp $(SIM_TESTS),$(wildcard test/sim/*.cpp)))
UNIT      := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/unit/*.cpp) $(SIM_TESTS))
NET       := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/net/*.cpp) test/bench/usage.cpp)
# With pgpool-II and PostgreSQL, in the scenarios of the net-tests.
PGPOOL    := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/pgpool/*.cpp) test/net/main.cpp \
             test/net/scenario.cpp)
BENCH_PGPOOL := $(patsubst %.cpp,$(B)/test/%.o,bench/pgpool.cpp bench/bench.cpp pgpool/pgpool_lab.cpp \
             pgpool/pgpool.cpp pgpool/postgres.cpp pgpool/sql.cpp)
# What tshark says of captures, with the dissector.
PCAP      := $(patsubst %.cpp,$(B)/%.o,$(filter-out %/captures.cpp,$(wildcard test/pcap/*.cpp)))
DEMO      := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/demo/*.cpp))
FAULTS    := $(patsubst %.cpp,$(B)/%.o,$(filter-out %/clock_step.cpp,$(wildcard test/faults/*.cpp)))
BENCH     := $(patsubst %.cpp,$(B)/test/bench/%.o,smoke.cpp bench.cpp takeover.cpp usage.cpp)
FUZZ      := $(filter-out entry fuzz replay,$(patsubst test/fuzz/%.cpp,%,$(wildcard test/fuzz/*.cpp)))

PROGRAMS  := $(B)/komainud $(B)/komainuctl $(B)/komainu-check $(B)/komainu-pgpool
TEST_PROGRAMS := $(B)/unit-tests $(B)/sim $(B)/net-tests $(B)/pgpool-tests $(B)/pcap-tests $(B)/captures $(B)/echo-service $(B)/demo \
             $(B)/bench-smoke $(B)/bench-flood $(B)/bench-hogs $(B)/bench-events $(B)/bench-pgpool \
             $(B)/faults $(B)/clock_step.so $(FUZZ:%=$(B)/replay/%)

PAGES     := $(notdir $(wildcard man/*.[578]))

# --- What people call ---------------------------------------------------------------------------

.PHONY: all deps check check-asan demo bench-smoke bench-flood bench-hogs bench-events bench-pgpool \
        captures faults sim mutants model fuzz fuzz-corpus fuzzers format html install clean tests \
        deb rpm check-packages check-systemd FORCE
all: $(PROGRAMS)

deps:
	@TESTS="$(TESTS)" packaging/deps.sh

check: deps
	@+$(MAKE) --no-print-directory tests
	@SAN="$(SAN)" TESTS="$(TESTS)" BUILD="$(B)" test/run

check-asan:
	@+$(MAKE) --no-print-directory check SAN=address,undefined

check-systemd: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/systemd-prober
	@BUILD="$(B)" test/systemd/run

demo: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/demo $(B)/echo-service
	@$(B)/demo $(if $(INTERACTIVE),--interactive)

bench-smoke: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/bench-smoke $(B)/echo-service
	@$(B)/bench-smoke $(if $(RUNS),--runs $(RUNS))

faults: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/faults $(B)/clock_step.so $(B)/echo-service
	@SEED="$(SEED)" $(B)/faults $(if $(ROW),"$(ROW)")

# Makes the captures in test/pcap anew, from daemons.
captures: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/captures
	@$(B)/captures test/pcap

# Searches all walks of the model of lease and election (needs spin).
model: deps
	@test/model/lease-has-one-holder

# Each target runs for FUZZ_SECONDS, 60 by default. Needs clang, which builds a tree of its own.
fuzz fuzz-corpus: deps
	@+$(MAKE) --no-print-directory B=build/fuzz CXX='$(FUZZ_CXX)' \
	  SAN=fuzzer-no-link,address,undefined fuzzers
	@TARGETS="$(FUZZ)" test/fuzz/run $@

fuzzers: $(FUZZ:%=$(B)/fuzz/%)

bench-flood: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/bench-flood
	@$(B)/bench-flood $(if $(SECONDS),--seconds $(SECONDS))

bench-events: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/bench-events
	@$(B)/bench-events $(if $(EVENTS),--events $(EVENTS))

bench-hogs: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/bench-hogs
	@$(B)/bench-hogs $(if $(SECONDS),--seconds $(SECONDS))

bench-pgpool: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/bench-pgpool
	@$(B)/bench-pgpool $(if $(RUNS),--runs $(RUNS))

sim: deps
	@+$(MAKE) --no-print-directory $(B)/sim
	@$(B)/sim $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED))

mutants: deps
	@+$(MAKE) --no-print-directory $(B)/sim $(B)/unit-tests
	@BUILD="$(B)" test/mutants/run $(MUTANTS)

tests: $(PROGRAMS) $(TEST_PROGRAMS) compile_commands.json

format:
	clang-format -i $$(git ls-files '*.cpp' '*.h')

# A reference to a page that is in man/ becomes a link to it, another one a link to Debian's.
html: deps
	@mkdir -p build/html
	@cd man && for page in $(PAGES); do mandoc -T html -I os='komainu $(VERSION)' \
	    -O 'man=%N.%S.html;https://manpages.debian.org/%N.%S' $$page > ../build/html/$$page.html; done
	@ln -sf komainu.7.html build/html/index.html
	@echo build/html/index.html

install: $(PROGRAMS)
	install -D -m 755 $(B)/komainud $(DESTDIR)$(SBINDIR)/komainud
	install -D -m 755 $(B)/komainuctl $(DESTDIR)$(SBINDIR)/komainuctl
	install -D -m 755 $(B)/komainu-check $(DESTDIR)$(LIBEXECDIR)/komainu/komainu-check
	install -D -m 755 $(B)/komainu-pgpool $(DESTDIR)$(LIBEXECDIR)/komainu/komainu-pgpool
	install -D -m 755 packaging/clear-leftovers $(DESTDIR)$(LIBEXECDIR)/komainu/clear-leftovers
	install -D -m 644 conf/komainu.conf $(DESTDIR)$(SYSCONFDIR)/komainu/komainu.conf.sample
	install -d $(DESTDIR)$(DATADIR)/komainu/cloud
	install -m 755 $(filter-out %.sh,$(wildcard conf/cloud/*)) $(DESTDIR)$(DATADIR)/komainu/cloud
	install -m 644 conf/cloud/common.sh $(DESTDIR)$(DATADIR)/komainu/cloud
	sed -i 's#/usr/share#$(DATADIR)#' $(DESTDIR)$(DATADIR)/komainu/cloud/*
	install -d $(DESTDIR)$(DATADIR)/komainu/pgpool
	install -m 644 conf/pgpool/*.conf $(DESTDIR)$(DATADIR)/komainu/pgpool
	install -d $(DESTDIR)$(DATADIR)/komainu/network
	install -m 644 conf/network/*.conf $(DESTDIR)$(DATADIR)/komainu/network
	for page in $(PAGES); do to=$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; \
	  install -D -m 644 man/$$page $$to && sed -i \
	    's#/usr/share/#$(DATADIR)/#; s#/usr/libexec/#$(LIBEXECDIR)/#; s/^\.Os$$/& komainu $(VERSION)/' $$to || exit; done
	install -D -m 644 packaging/completions/komainuctl.bash $(DESTDIR)$(BASHCOMPDIR)/komainuctl
	ln -sf komainuctl $(DESTDIR)$(BASHCOMPDIR)/komainud
	install -D -m 644 packaging/completions/_komainuctl $(DESTDIR)$(ZSHCOMPDIR)/_komainuctl
	install -D -m 644 packaging/wireshark/komainu.lua $(DESTDIR)$(DATADIR)/komainu/wireshark/komainu.lua
	install -D -m 644 packaging/systemd/komainu.sysusers $(DESTDIR)$(SYSUSERSDIR)/komainu.conf
	install -D -m 644 packaging/systemd/komainu.catalog $(DESTDIR)$(CATALOGDIR)/komainu.catalog
	install -d $(DESTDIR)$(UNITDIR)
	for unit in komainu.service komainu-exporter.service; do to=$(DESTDIR)$(UNITDIR)/$$unit; \
	  sed 's#/usr/local/sbin#$(SBINDIR)#; s#/etc/komainu#$(SYSCONFDIR)/komainu#' \
	    packaging/systemd/$$unit > $$to && chmod 644 $$to || exit; done
	install -D -m 644 packaging/prometheus/komainu.rules.yml \
	  $(DESTDIR)$(DATADIR)/komainu/prometheus/komainu.rules.yml
	install -D -m 644 packaging/grafana/komainu.json $(DESTDIR)$(DATADIR)/komainu/grafana/komainu.json

deb rpm:
	@packaging/package.sh $@

check-packages:
	@TESTS=packages packaging/deps.sh
	@test/packages/run

clean:
	rm -rf build compile_commands.json

# --- How things are built -----------------------------------------------------------------------

$(B)/libkomainu.a: $(OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $(OBJECTS)
$(B)/liblab.a: $(LAB)
	@rm -f $@
	@$(AR) rcs $@ $(LAB)

define link
@echo "  LINK $@"
$(Q)$(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LDLIBS)
endef

$(B)/komainud: $(B)/src/daemon/main.o $(B)/libkomainu.a
	$(call link)
$(B)/komainuctl: $(B)/src/ctl/main.o $(B)/libkomainu.a
	$(call link)
$(B)/komainu-check: $(B)/src/checker/main.o $(B)/libkomainu.a
	$(call link,$(call pkg,--libs,$(CHECK_LIBS)))
$(B)/komainu-pgpool: $(B)/src/pgpool/main.o $(B)/libkomainu.a
	$(call link)
$(B)/sim: $(B)/test/sim/main.o $(SIM) $(B)/libkomainu.a
	$(call link)
$(B)/unit-tests: $(UNIT) $(SIM) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS) -lgtest_main)
$(B)/net-tests: $(NET) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/pgpool-tests: $(PGPOOL) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS) $(call pkg,--libs,$(CHECK_LIBS)))
$(B)/pcap-tests: $(PCAP) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS) -lgtest_main)
$(B)/captures: $(B)/test/pcap/captures.o $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/demo: $(DEMO) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/bench-smoke: $(BENCH) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/faults: $(FAULTS) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
# Comes into a daemon from outside, so it has neither its flags nor its sanitizers.
$(B)/clock_step.so: test/faults/clock_step.cpp
	@echo "  LINK $@"; $(CXX) -std=c++20 -O2 $(WARNINGS) -fPIC -shared -o $@ $< -ldl
# Not removed after the link, as make would do with what only a pattern asks for.
.SECONDARY: $(FUZZ:%=$(B)/test/fuzz/%.o)
$(B)/fuzz/%: $(B)/test/fuzz/%.o $(B)/test/fuzz/entry.o $(B)/test/fuzz/fuzz.o $(B)/libkomainu.a
	@mkdir -p $(@D)
	$(call link,-fsanitize=fuzzer)
$(B)/replay/%: $(B)/test/fuzz/%.o $(B)/test/fuzz/replay.o $(B)/test/fuzz/fuzz.o $(B)/libkomainu.a
	@mkdir -p $(@D)
	$(call link)
$(B)/bench-flood: $(B)/test/bench/flood.o $(B)/test/bench/bench.o $(B)/test/bench/usage.o $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/bench-events: $(B)/test/bench/events.o $(B)/test/bench/bench.o $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/bench-hogs: $(B)/test/bench/hogs.o $(B)/test/bench/bench.o $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/bench-pgpool: $(BENCH_PGPOOL) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS) $(call pkg,--libs,$(CHECK_LIBS)))
$(B)/systemd-prober: $(B)/test/systemd/prober.o $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/echo-service: $(B)/test/echo/main.o $(B)/libkomainu.a
	$(call link)

# The program in the kernel: compiled for BPF, stripped of what a debugger would need, and put into
# a header that loads it, and says nothing of where it was compiled. Debian keeps asm/ where only gcc
# looks.
BPF_CFLAGS := -target bpf -g -O2 -Wall -Wextra -fdebug-compilation-dir=. -Isrc -I/usr/include/$(shell gcc -print-multiarch 2>/dev/null)
bpftool     = PATH="$$PATH:/usr/sbin:/sbin" bpftool
$(B)/bpf/%.skel.h: src/guard/%.bpf.c src/guard/fence_layout.h Makefile
	@mkdir -p $(@D)
	@echo "  BPF $<"
	$(Q)clang $(BPF_CFLAGS) -c -o $(@D)/$*.full.o $<
	@$(bpftool) gen object $(@D)/$*.o $(@D)/$*.full.o
	@$(bpftool) gen skeleton $(@D)/$*.o name $* > $@.new
	@mv $@.new $@
$(B)/src/guard/fence.o: $(B)/bpf/fence.skel.h

# GoogleTest takes longer to read than most tests: it is read once, and included by all of them.
GTEST   := $(B)/test/gtest.h
READING  = $(if $(filter test/unit/% test/net/% test/pgpool/% test/pcap/%,$<),-include $(GTEST))
# What only komainu-check and the tests with real servers include.
CHECKING = $(if $(filter src/checker/% test/pgpool/%,$<),$(call pkg,--cflags,$(CHECK_LIBS)))
# Those who name what is installed.
LOCATING = $(if $(filter src/runner/program.cpp,$<),-DKOMAINU_LIBEXECDIR='"$(LIBEXECDIR)"') \
           $(if $(filter src/ctl/doctor_host.cpp,$<),-DKOMAINU_DATADIR='"$(DATADIR)"')
# The simulator is the one test that has to be fast.
SPEED    = $(if $(filter-out $(SIM:$(B)/%.o=%.cpp),$(filter test/%,$<)),$(OPTIMIZE_TESTS),$(OPTIMIZE))
$(GTEST).gch: $(B)/flags
	@mkdir -p $(@D)
	@echo '#include <gtest/gtest.h>' > $(GTEST)
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(OPTIMIZE_TESTS) $(USER_FLAGS) -x c++-header -o $@ $(GTEST)
$(UNIT) $(NET) $(PGPOOL) $(PCAP): | $(GTEST).gch

$(B)/%.o: %.cpp $(B)/flags
	@mkdir -p $(@D)
	@echo "  CXX $<"
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(SPEED) $(USER_FLAGS) $(READING) $(CHECKING) $(LOCATING) -c -o $@ $<

# Everything is built anew when compiler or flags change.
FLAGS = $(CXX) $(CPPFLAGS) $(CXXFLAGS) $(OPTIMIZE) $(OPTIMIZE_TESTS) $(USER_FLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

compile_commands.json: Makefile $(B)/flags
	@{ echo '['; for f in $(SOURCES); do \
	  printf '%s{"directory":"%s","file":"%s","command":"%s"}' "$$sep" "$(CURDIR)" "$$f" \
	    "$(CXX) $(subst ",\\\",$(subst ',,$(CPPFLAGS))) $(CXXFLAGS) $(OPTIMIZE) -c $$f"; sep=,; done; echo ']'; } > $@

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
