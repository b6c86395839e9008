package cluster_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/latch-run/latch/testsuite/cluster"
	"github.com/latch-run/latch/testsuite/process"
)

// commands builds Latch's commands once for all tests, with the race detector: here several of
// them do the same work side by side.
var commands *process.Builder

func TestMain(m *testing.M) {
	cluster.ServeTemporal()
	os.Exit(runMain(m))
}

func runMain(m *testing.M) (code int) {
	if err := prepare(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := commands.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	return m.Run()
}

func prepare(ctx context.Context) error {
	root, err := process.ModuleDir(ctx, "github.com/latch-run/latch")
	if err != nil {
		return err
	}
	race, err := process.CanRace(ctx)
	if err != nil {
		return err
	}
	commands, err = process.NewBuilder(root, race)
	return err
}
