package plugin_test

import (
	"log"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/plugin"
)

// A worker of your own serves latch.JobRun, latch.Release and latch.Emit in addition to its own
// workflows. The zero options are the safe ones: only public addresses, no secrets, no
// commands.
func ExampleNew() {
	c, err := client.Dial(client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "shop", worker.Options{
		Plugins: []worker.Plugin{plugin.New(plugin.Options{
			Secrets:     map[string]string{"change-board": "from a vault"},
			SecretHosts: map[string][]string{"change-board": {"board.example.com"}},
		})},
	})
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}

// The plugin configured by the environment's LATCH_… variables, as in Latch's own worker.
func ExampleFromEnv() {
	p, err := plugin.FromEnv()
	if err != nil {
		log.Fatal(err) // all problems, by the variables' names
	}
	_ = worker.Options{Plugins: []worker.Plugin{p}}
}
