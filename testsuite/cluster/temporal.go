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

// serveVariable makes a process of this program the Temporal server. Its value is the address
// of PostgreSQL, a space, and the frontend's port.
const serveVariable = "LATCH_TEST_CLUSTER_TEMPORAL"

// serving is what the server prints once it serves.
const serving = "temporal serves\n"

// ServeTemporal does nothing in a process that a user started. In one that [Start] started it
// is the Temporal server, and ends the process when its standard input ends, so that the
// process does not outlive its parent.
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
