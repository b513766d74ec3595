# komainu: build, test, install.
#
#   make demo         three nodes in network namespaces, live, with the gaps that a client sees
#   make check        builds and runs every test
#   make              builds build/release/{komainud,komainuctl}
#   make sim          clusters in virtual time, beset with faults: RUNS=N so many, SEED=N this one told
#   make mutants      whether the simulator finds deliberate flaws in the core
#
# demo and check install what is missing first (make deps). Variables: SAN=address,undefined or
# SAN=thread builds into a tree of its own; WERROR=1 makes warnings errors; CXX, CXXFLAGS, CPPFLAGS,
# LDFLAGS are the user's; PREFIX, SBINDIR, SYSCONFDIR, DESTDIR as the GNU conventions have them.

PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
SYSCONFDIR ?= /etc
DESTDIR    ?=

# All processors, unless told otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

VERSION  := 0.1.0
empty    :=
comma    := ,
VARIANT  := $(if $(SAN),$(subst $(comma),-,$(SAN)),release)
B        := build/$(VARIANT)

LIBS      := libmnl libnl-3.0 libsodium libcap-ng fmt
TEST_LIBS := libnl-route-3.0 libpcap gtest
# Empty until `make deps` has been: the targets that people call install first, then call make again.
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

SANITIZE := $(if $(SAN),-fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all)
OPTIMIZE := $(if $(SAN),-g -O1,-g -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# Tests need not be fast; not optimizing them halves the time that `make check` takes to build. The
# simulator must be.
OPTIMIZE_TESTS := -g1 -O0 -U_FORTIFY_SOURCE
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor \
            -Wold-style-cast -Wimplicit-fallthrough $(if $(WERROR),-Werror)
override CPPFLAGS := -I. -Isrc -DKOMAINU_VERSION='"$(VERSION)"' -D_GNU_SOURCE -MMD -MP \
            $(call pkg,--cflags,$(LIBS)) $(CPPFLAGS)
# The user's own flags come last, so that they win.
USER_FLAGS := $(CXXFLAGS)
override CXXFLAGS := -std=c++20 $(SANITIZE) $(WARNINGS) -fstack-protector-strong -fPIE
override LDFLAGS  := $(if $(SAN),-fsanitize=$(SAN)) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LDLIBS      = $(call pkg,--libs,$(LIBS)) -lboost_program_options
TEST_LDLIBS = $(call pkg,--libs,$(TEST_LIBS)) -lpthread

ROOMS     := src/base src/core packet netlink conf src/io src/guard src/check src/daemon src/ctl
SOURCES   := $(filter-out %/main.cpp,$(wildcard $(ROOMS:=/*.cpp)))
OBJECTS   := $(SOURCES:%.cpp=$(B)/%.o)
LAB       := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/lab/*.cpp))
SIM       := $(patsubst %.cpp,$(B)/%.o,$(filter-out %/main.cpp %/stories.cpp,$(wildcard test/sim/*.cpp)))
UNIT      := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/unit/*.cpp) test/sim/stories.cpp)
NET       := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/net/*.cpp))
DEMO      := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/demo/*.cpp))
BENCH     := $(patsubst %.cpp,$(B)/%.o,$(wildcard test/bench/*.cpp))

PROGRAMS  := $(B)/komainud $(B)/komainuctl
TESTS     := $(B)/unit-tests $(B)/sim $(B)/net-tests $(B)/echo-service $(B)/demo $(B)/bench-smoke

# --- What people call ---------------------------------------------------------------------------

.PHONY: all deps check check-asan demo bench-smoke sim mutants format install clean tests FORCE
all: $(PROGRAMS)

deps:
	@packaging/deps.sh

check: deps
	@+$(MAKE) --no-print-directory tests
	@SAN="$(SAN)" BUILD="$(B)" test/run

check-asan:
	@+$(MAKE) --no-print-directory check SAN=address,undefined

demo: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/demo $(B)/echo-service
	@$(B)/demo $(if $(INTERACTIVE),--interactive)

bench-smoke: deps
	@+$(MAKE) --no-print-directory $(PROGRAMS) $(B)/bench-smoke $(B)/echo-service
	@$(B)/bench-smoke $(if $(RUNS),--runs $(RUNS))

sim: deps
	@+$(MAKE) --no-print-directory $(B)/sim
	@$(B)/sim $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED))

mutants: deps
	@+$(MAKE) --no-print-directory $(B)/sim $(B)/unit-tests
	@BUILD="$(B)" test/mutants/run $(MUTANTS)

tests: $(PROGRAMS) $(TESTS) compile_commands.json

format:
	clang-format -i $$(git ls-files '*.cpp' '*.h')

install: $(PROGRAMS)
	install -D -m 755 $(B)/komainud $(DESTDIR)$(SBINDIR)/komainud
	install -D -m 755 $(B)/komainuctl $(DESTDIR)$(SBINDIR)/komainuctl
	install -D -m 644 conf/komainu.conf $(DESTDIR)$(SYSCONFDIR)/komainu/komainu.conf.sample

clean:
	rm -rf build compile_commands.json

# --- How things are built -----------------------------------------------------------------------

$(B)/libkomainu.a: $(OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $(OBJECTS)
$(B)/liblab.a: $(LAB)
	@rm -f $@
	@$(AR) rcs $@ $(LAB)

link = @echo "  LINK $@"; $(CXX) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LDLIBS)

$(B)/komainud: $(B)/src/daemon/main.o $(B)/libkomainu.a
	$(call link)
$(B)/komainuctl: $(B)/src/ctl/main.o $(B)/libkomainu.a
	$(call link)
$(B)/sim: $(B)/test/sim/main.o $(SIM) $(B)/libkomainu.a
	$(call link)
$(B)/unit-tests: $(UNIT) $(SIM) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS) -lgtest_main)
$(B)/net-tests: $(NET) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/demo: $(DEMO) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/bench-smoke: $(BENCH) $(B)/liblab.a $(B)/libkomainu.a
	$(call link,$(TEST_LDLIBS))
$(B)/echo-service: $(B)/test/echo/main.o $(B)/libkomainu.a
	$(call link)

$(B)/%.o: %.cpp $(B)/flags
	@mkdir -p $(@D)
	@echo "  CXX $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(if $(filter-out $(SIM:$(B)/%.o=%.cpp),$(filter test/%,$<)),$(OPTIMIZE_TESTS),$(OPTIMIZE)) \
	  $(USER_FLAGS) -c -o $@ $<

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
