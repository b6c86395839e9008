package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
)

func versionCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		if e.out.JSON {
			e.out.Value(map[string]string{"version": latch.Version, "go": runtime.Version()})
			return nil
		}
		e.out.Printf("latch %s (%s, %s/%s)\n", latch.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}}
}
