# The few commands that a person needs; Meson does the work.

PREFIX ?= /usr/local
SECONDS ?= 60
PORT ?= 10023

.PHONY: all run test test-long bench fuzz install clean

all: build-release/build.ninja
	ninja -C build-release

run: ## install what is missing, build, start on the store in run/
	tools/deps run
	$(MAKE) --no-print-directory all
	PORT=$(PORT) tools/run-here build-release

test: ## everything; ends with "N passed, N failed"
	tools/deps test
	tools/test

test-long: ## the same, with what takes minutes
	tools/deps test
	GREYLAG_LONG=1 tools/test

bench: ## beside its bounds and Postgrey, in one run
	tools/deps bench
	meson setup build-bench -Dbuildtype=release -Dtests=false -Dbench=true --reconfigure >/dev/null || \
	meson setup build-bench -Dbuildtype=release -Dtests=false -Dbench=true
	ninja -C build-bench
	bench/run --build build-bench $(BENCH)
	bench/run_dns --build build-bench
	bench/milter --build build-bench
	bench/run_content --build build-bench
	bench/run_children --build build-bench
	build-bench/bench/rules

fuzz: ## SECONDS=600 make fuzz: each target so long
	tools/deps fuzz
	tools/fuzz $(SECONDS) $(TARGETS)

install: all
	DESTDIR="$(DESTDIR)" meson install -C build-release --no-rebuild
	@# The administrator's file is not touched again.
	@test -e "$(DESTDIR)/etc/greylag/greylag.conf" || \
		install -D -m 644 "$(DESTDIR)$(PREFIX)/share/greylag/greylag.conf" "$(DESTDIR)/etc/greylag/greylag.conf"

build-release/build.ninja:
	meson setup build-release -Dbuildtype=release -Dtests=false -Dprefix=$(PREFIX)

clean:
	rm -rf build build-*
