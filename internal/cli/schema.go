package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/schema"
)

func schemaCommand(e *env) *cobra.Command {
	names := strings.Join(schema.Names, "|")
	return &cobra.Command{Use: "schema " + names, Short: "Print a JSON Schema", Args: cobra.ExactArgs(1), ValidArgs: schema.Names,
		Long: `Print the JSON Schema (draft 2020-12) of a file, for editors and other programs.
What a schema cannot say, such as which events may block, validate checks.`,
		RunE: func(_ *cobra.Command, args []string) error {
			made, err := schema.Of(args[0])
			if err != nil {
				return failure.OfUsage(err)
			}
			e.out.Value(made)
			return nil
		}}
}
