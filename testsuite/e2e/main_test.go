package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/server"
)

// shared is used by all tests of the package: one server, and one build of each command.
var shared struct {
	server *server.Server
	client client.Client
	// builder builds without the race detector, which takes longer to start than most tests. The
	// unit tests have it, and the commands of package cluster.
	builder                 *process.Builder
	workerPath, starterPath string
}

func TestMain(m *testing.M) { os.Exit(runMain(m)) }

func runMain(m *testing.M) int {
	defer func() {
		if shared.builder != nil {
			shared.builder.Close()
		}
	}()
	if err := prepare(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer shared.server.Stop()
	defer shared.client.Close()
	return m.Run()
}

// prepare builds and starts what all tests share. On a machine that has built nothing yet this
// takes minutes, and only `go test -timeout` limits it.
func prepare(ctx context.Context) error {
	root, err := process.ModuleDir(ctx, "github.com/latch-run/latch")
	if err != nil {
		return err
	}
	if shared.builder, err = process.NewBuilder(root, false); err != nil {
		return err
	}
	if shared.workerPath, err = shared.builder.Build(ctx, "./worker"); err != nil {
		return err
	}
	if shared.starterPath, err = shared.builder.Build(ctx, "./starter"); err != nil {
		return err
	}
	if shared.server, err = server.Start(ctx, server.Options{HTTP: true, SearchAttributes: searchAttributes}); err != nil {
		return err
	}
	shared.client, err = client.Dial(server.Persistent(client.Options{HostPort: shared.server.FrontendHostPort, Logger: quiet()}))
	return err
}

// searchAttributes are those that a configured worker upserts.
var searchAttributes = map[string]enums.IndexedValueType{
	latch.SearchAttributeID:       enums.INDEXED_VALUE_TYPE_KEYWORD,
	latch.SearchAttributeStatus:   enums.INDEXED_VALUE_TYPE_KEYWORD,
	latch.SearchAttributeWaiting:  enums.INDEXED_VALUE_TYPE_BOOL,
	latch.SearchAttributeWebhooks: enums.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}

func quiet() log.Logger { return log.NewStructuredLogger(discard) }
