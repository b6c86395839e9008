package cli

import (
	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/buildinfo"
)

func versionCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version, the commit and its time", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			build := buildinfo.Read()
			if e.out.JSON {
				e.out.Value(build)
				return nil
			}
			e.out.Printf("%s\n", build)
			return nil
		}}
}
