package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	enums "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/server"
)

// serveVariable makes a process of this program the Temporal server. It has the
// address of PostgreSQL and the frontend's port, with a blank between.
const serveVariable = "LATCH_TEST_CLUSTER_TEMPORAL"

// serving is what the server prints once it serves.
const serving = "temporal serves\n"

// ServeTemporal does nothing in a process that a caller started. In one that
// [Start] started it is the Temporal server, and ends the process when its
// standard input ends, so that it does not outlive who started it.
func ServeTemporal() {
	given := os.Getenv(serveVariable)
	if given == "" {
		return
	}
	if err := serveTemporal(given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveTemporal(given string) error {
	address, text, _ := strings.Cut(given, " ")
	port, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%s: %w", serveVariable, err)
	}
	s, err := server.Start(context.Background(), server.Options{FrontendPort: port, SearchAttributes: searchAttributes,
		PostgreSQL: &server.PostgreSQL{Address: address, User: postgres.User}})
	if err != nil {
		return err
	}
	fmt.Print(serving)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Stop()
}

// searchAttributes are those of Latch.
var searchAttributes = map[string]enums.IndexedValueType{
	latch.SearchAttributeID:       enums.INDEXED_VALUE_TYPE_KEYWORD,
	latch.SearchAttributeStatus:   enums.INDEXED_VALUE_TYPE_KEYWORD,
	latch.SearchAttributeWaiting:  enums.INDEXED_VALUE_TYPE_BOOL,
	latch.SearchAttributeWebhooks: enums.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}
