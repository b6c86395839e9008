package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/typo"
)

// knownCommand refuses an argument that is not a command of the group, and names the command
// that was probably meant.
func knownCommand(group *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(group, args[0])
}

func unknownCommand(group *cobra.Command, name string) error {
	var names []string
	for _, each := range group.Commands() {
		if each.IsAvailableCommand() {
			names = append(append(names, each.Name()), each.Aliases...)
		}
	}
	return fmt.Errorf("unknown command %q for %q%s", name, group.CommandPath(), typo.Hint(name, names))
}

// flagError adds the flag that was probably meant to the error about an unknown flag.
func flagError(command *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})
	if meant := typo.Meant(unknown.GetSpecifiedName(), names); meant != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, meant)
	}
	return err
}

// helpCommand is cobra's own help command, except that it refuses an unknown command.
func helpCommand() *cobra.Command {
	return &cobra.Command{Use: "help [command]", Short: "Help about any command",
		RunE: func(help *cobra.Command, args []string) error {
			found, rest, err := help.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = unknownCommand(found, rest[0])
			}
			if err != nil {
				return failure.OfUsage(err)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		}}
}

// kindNames returns the kinds of files that validate accepts.
func kindNames() []string {
	names := make([]string, len(spec.Kinds))
	for i, kind := range spec.Kinds {
		names[i] = string(kind)
	}
	return names
}
