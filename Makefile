# Latch's tasks. `make` lists them. They need Go, git and make, and the tests curl;
# a C compiler too for the race detector, without which the tests run and say so.

STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

# How many packages are tested side by side: tests wait as much as they compute, so twice as many
# as there are cores.
PACKAGES := $(shell echo $$(( 2 * $$(getconf _NPROCESSORS_ONLN) )))

# How long each fuzz test runs, and which of Go's benchmarks.
FUZZTIME ?= 10s
BENCH    ?= .

# How long a package's tests may take before they are taken to hang. A machine
# with other work takes its time, and that must not fail them; a single wait ends
# much sooner, with what it waited for (internal/hang).
TESTTIMEOUT ?= 90m

# Go turns cgo off where it finds no C compiler.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# Flags of the demonstration (-keep), of the development stack, of the measured
# comparison and of chaos (-help lists them).
# STORE is where make dev keeps its data: file, synced, memory or postgres.
DEMO_FLAGS  ?=
DEV_FLAGS   ?=
BENCH_FLAGS ?=
CHAOS_FLAGS ?=
STORE       ?=

# The end-to-end tests that keep histories.
HISTORIES := TestRecordHistories TestASkippedRunIsTold TestADeletedWatchEnds TestEndedFromOutside TestReleaseOverTargets \
	TestReleasesOfOneKey TestFreeze TestEvidenceOfARelease TestAudit TestLifecycleHistoriesReplayBothWays \
	TestLifecycleLeavesAtOnce TestDisabledEndpointLosesNothing TestALockOutlivesItsRuns TestARollbackGoesOnInTheNextRun \
	TestACancelledReleaseIsRolledBackOverRuns TestAJobGoesOnAsANewRunAfterItsTask TestABatchOutlivesItsRuns \
	TestAFloodOfSignalsLosesNone TestAWatchIsTold TestKilledWhileTellingOfADecision

# Flags of make release: -platforms linux/amd64 -out FOLDER.
RELEASE_FLAGS ?=

SERVER_NOTE := Building Temporal's server: the first time takes some minutes.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo dev test release docs screenshots fmt format-check vet staticcheck workflowcheck unit e2e histories fuzz bench chaos microbench

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## show jobs and releases with webhooks on a real Temporal server, from start to end
	@echo "$(SERVER_NOTE)"
	cd testsuite && go build -o ../bin/demo ./demo
	@bin/demo $(DEMO_FLAGS)

dev: ## run Temporal with its UI, a worker and receivers until Ctrl-C, for trying things by hand
	@echo "$(SERVER_NOTE)"
	cd testsuite && go build -o ../bin/dev ./dev
	@bin/dev $(if $(STORE),-store $(STORE)) $(DEV_FLAGS)

test: format-check vet staticcheck workflowcheck unit e2e ## all checks and tests

screenshots: ## take the pictures of the console's pages in docs/console; needs Chromium and npm
	@echo "$(SERVER_NOTE)"
	cd testsuite && LATCH_SCREENSHOTS=$(CURDIR)/docs/console go test -count=1 -run TestConsolePagesInABrowser ./e2e

release: ## build the commit's programs for all platforms into dist, with checksums and a list of modules
	go run ./deploy/release $(RELEASE_FLAGS)

docs: ## write the parts of the documents that the code knows
	go generate ./internal/docgen

fmt: ## format the code
	gofmt -w .

format-check: ## fail if gofmt would change a file
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "make fmt would change:" $$unformatted; exit 1; }

vet: ## go vet, both modules
	go vet ./...
	@echo "$(SERVER_NOTE)"
	cd testsuite && go vet ./...

staticcheck: ## staticcheck, both modules
	go run $(STATICCHECK) ./...
	cd testsuite && go run $(STATICCHECK) ./...

workflowcheck: ## find what is not deterministic in workflow code
	go run $(WORKFLOWCHECK) -config testsuite/workflowcheck.yaml ./...

# Tests that are built only without it, since they would take minutes and have no goroutines,
# run on their own.
unit: ## unit tests, with the race detector
	$(if $(RACE),,@echo "No C compiler was found: the tests run without the race detector.")
	go test $(RACE) -p $(PACKAGES) -shuffle=on -timeout $(TESTTIMEOUT) ./...
	@for file in $(if $(RACE),$$(grep -rl '^//go:build !race' --include=*_test.go .)); do \
		tests=$$(sed -n 's/^func \(Test[A-Za-z0-9]*\).*/\1/p' $$file | paste -s -d '|' -); \
		echo "without the race detector: $$tests"; \
		go test -timeout $(TESTTIMEOUT) -run "^($$tests)\$$" $$(dirname $$file) || exit 1; \
	done

# What these tests run is built by them, beyond the sight of Go's test cache.
# They install the temporal command into bin/, as the README says: the first time
# that takes the network and some minutes.
# They wait, so more of them run at once than there are cores; but two packages at a time, since
# each has servers and processes enough for a machine.
e2e: ## end-to-end tests: workers and APIs on a real Temporal server
	@echo "$(SERVER_NOTE)"
	cd testsuite && go test -count=1 -p 2 -parallel 4 -timeout $(TESTTIMEOUT) ./...

histories: ## keep the histories of runs that behave otherwise than those kept, for later versions to replay
	@echo "$(SERVER_NOTE)"
	cd testsuite && go test -count=1 -run '^($(subst $() ,|,$(strip $(HISTORIES))))$$' ./e2e -record

fuzz: ## each fuzz test for FUZZTIME (10s)
	@for package in $$(go list ./...); do \
		for name in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

bench: ## measure Latch beside hand-written Temporal code, some twenty minutes; writes docs/performance.md
	@echo "$(SERVER_NOTE)"
	cd testsuite && go build -o ../bin/bench ./performance
	@cd testsuite && ../bin/bench -doc $(CURDIR)/docs/performance.md -json $(CURDIR)/bin/bench.json $(BENCH_FLAGS)

chaos: ## break a cluster on purpose and compare what came with what histories say; needs PostgreSQL
	@echo "$(SERVER_NOTE)"
	cd testsuite && go build -o ../bin/chaos ./chaos
	@cd testsuite && ../bin/chaos $(CHAOS_FLAGS)

microbench: ## Go's benchmarks that match BENCH (all)
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	@echo "$(SERVER_NOTE)"
	cd testsuite && go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./...
