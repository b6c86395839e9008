package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/latch-run/latch/testsuite/cluster"
	"github.com/latch-run/latch/testsuite/process"
)

// commands builds Latch's commands once for all tests.
var commands *process.Builder

func TestMain(m *testing.M) {
	cluster.ServeTemporal()
	os.Exit(runMain(m))
}

func runMain(m *testing.M) (code int) {
	root, err := process.ModuleDir(context.Background(), module)
	if err == nil {
		commands, err = process.NewBuilder(root, false)
	}
	if err != nil {
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
