package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/api"
)

// Command returns starter with all its commands, for the documentation. To run it, see [Run].
func Command() *cobra.Command {
	root := newProgram().rootCommand()
	addCompletion(root)
	return root
}

// API returns a handler with all routes of starter serve, for the documentation. It describes
// them at /openapi.json, and has no Temporal behind it.
func API() (http.Handler, error) {
	nobody, err := client.NewLazyClient(client.Options{})
	if err != nil {
		return nil, err
	}
	return api.New(api.Options{Client: nobody, Routes: new(serveConfiguration).routes(context.Background())})
}
