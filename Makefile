# Nisaba. "make help" lists the targets.

GO ?= go
export CGO_ENABLED ?= 0
# Without the paths of this checkout in them, what one checkout compiled is there
# for the next. And inlined, each part of a page is copied to every place that uses
# it, with all that is in it: 30 seconds more for the compiler and megabytes more for
# the binary, and no faster a page. What computes (law, posture, exposure) is inlined.
export GOFLAGS += -trimpath -gcflags=github.com/nisaba-platform/nisaba/internal/...=-l
# The race detector watches our code and its libraries, but not the database's, which
# is C turned into Go with locks of its own, nor those that read YAML and write PDF for
# the one who called them: watched, each of them takes two to five times as long.
# It waits a tenth of a second for late goroutines at the end of each package, not a whole one.
export GORACE ?= atexit_sleep_ms=100
RACE := -vet=off -race $(foreach path,modernc.org go.yaml.in codeberg.org/go-pdf,'-gcflags=$(path)/...=-race=false')
# The walks through the pages spend their time in Chromium, and the import rule, the law, the papers, the
# examples, the files for exchange and the tests of sentences start no goroutines, and a
# command of the command line is a process of its own: by default these run without it.
# The server that they open, and the assessments that it keeps, are watched in the tests
# of its own packages, of security and of e2e.
CALM := ./internal/archtest ./test/site ./test/foreign ./test/script ./test/sentences ./internal/web/gallery ./law/... ./internal/report/... ./internal/app/assessing ./internal/app/demo ./exchange/...
TOOLS := $(GO) tool -modfile=tools/go.mod

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: ## build bin/nisaba
	$(GO) build -ldflags='-s -w' -o bin/nisaba ./cmd/nisaba

.PHONY: bin/browse
bin/browse: # opens the pages of a running server, one after the other
	$(GO) build -o $@ ./scripts/browse

.PHONY: demo
demo: ## the three example organisations, the whole job
	$(GO) run ./cmd/nisaba demo

.PHONY: setup
setup: ## install what the tests need beyond Go, and say so
	@sh scripts/setup.sh

# What properties are checked with is the same in every run of "make test", so that it
# says of a change what it said before; "make race" and "make test-long" draw anew.
test: export RAPID_SEED := 20241017

.PHONY: test
test: setup ## all checks and tests (under 15 minutes on 2 cores)
	@$(MAKE) --no-print-directory check
	@calm=$$(mktemp); trap 'rm -f "$$calm"' EXIT; \
	{ $(GO) test -vet=off -json -p 1 -timeout 30m $(CALM) >"$$calm" & \
	CGO_ENABLED=1 $(GO) test -json $(RACE) -timeout 30m $$($(GO) list ./test/... ./... | grep -vxF "$$($(GO) list $(CALM))"); \
	wait; cat "$$calm"; } | $(GO) run ./scripts/testsummary

.PHONY: race
race: setup ## every test with the race detector, also those that "make test" runs without
	CGO_ENABLED=1 $(GO) test -json $(RACE) -timeout 60m ./test/... ./... | $(GO) run ./scripts/testsummary

.PHONY: test-long
test-long: race ## the race detector on everything, longer fuzzing and property runs
	sh scripts/fuzz.sh 60s
	SCREENSHOTS="$$(mktemp -d)" $(GO) test -count=1 -timeout 60m -run '^TestPictures$$' ./test/site
	HOSTILE=all $(GO) test -count=1 -timeout 60m -run TestHostileTexts ./test/site
	OUTAGE_CLOCKS=10000 $(GO) test -timeout 30m -run TestOutage -v ./internal/app/alarming/
	INDICATORS=100000 $(GO) test -timeout 30m -run TestHandlingWithoutScript -v ./test/site/
	$(GO) test -timeout 60m -run TestNoOrder ./internal/app/incidents/ -rapid.checks=1000
	SCAN_HOSTS=1000 $(GO) test -count=1 -timeout 30m -run TestManyHosts -v ./test/scanlab/
	RAPID_CHECKS=20000 $(GO) test -timeout 60m ./law/... ./posture/... ./catalog/... -rapid.checks=20000

.PHONY: generate
generate: ## Go files of the pages, from their templates
	$(TOOLS) templ generate -path internal/web

.PHONY: check
check: ## gofmt, generated pages, go vet, staticcheck, import rule, vulnerabilities
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "gofmt: $$files"; exit 1; fi
	@sh scripts/templcheck.sh
	$(GO) vet ./...
	$(TOOLS) staticcheck ./...
	$(GO) test ./internal/archtest/
	@sh scripts/vulncheck.sh

.PHONY: e2e-incident
e2e-incident: ## five incidents between two servers over a wire that loses, delays and doubles
	E2E_RUNS=5 $(GO) test -count=1 -v -run TestIncident ./test/e2e

.PHONY: fuzz
fuzz: ## every fuzz target for ten seconds
	sh scripts/fuzz.sh 10s

.PHONY: bench
bench: ## benchmarks of the figures in README.md
	$(GO) test -run '^$$' -bench . -benchmem ./law/... ./catalog/... ./posture/... ./internal/... ./exchange/... ./exposure/... ./test/load ./test/site
	sh scripts/bench-start.sh
	sh scripts/bench-serve.sh

.PHONY: scan-lab
scan-lab: ## the scanner on targets of several makes, beside testssl.sh, sslscan and nmap
	@GO="$(GO)" sh scripts/scan-lab.sh

.PHONY: screenshots
screenshots: setup ## a picture of every page of the example workspace at three widths, light and dark, in screenshots/; axe looks at each
	@mkdir -p screenshots
	SCREENSHOTS="$(CURDIR)/screenshots" $(GO) test -count 1 -timeout 60m ./test/site -run '^TestPictures$$'

.PHONY: sign-packs
sign-packs: ## sign the country packs: make sign-packs KEY=file
	@test -n "$(KEY)" || { echo "usage: make sign-packs KEY=file"; exit 2; }
	$(GO) run ./cmd/nisaba country sign content/countries --key "$(KEY)"
