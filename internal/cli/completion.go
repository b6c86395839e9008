package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// installing maps each shell to the command that enables completion in every new session.
var installing = map[string]string{
	"bash":       "starter completion bash > /etc/bash_completion.d/starter   # needs the package bash-completion",
	"zsh":        `starter completion zsh > "${fpath[1]}/_starter"`,
	"fish":       "starter completion fish > ~/.config/fish/completions/starter.fish",
	"powershell": "starter completion powershell >> $PROFILE",
}

// addCompletion adds cobra's own command, which prints scripts for shells. It must run after
// the root's output is set, because cobra keeps the current output. Like every group it refuses
// unknown commands.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() != "completion" {
			continue
		}
		command.Short, command.Long = "Print the script by which a shell completes commands and flags", ""
		made := group(command.Use, command.Short)
		command.Args, command.RunE = made.Args, made.RunE
		for _, shell := range command.Commands() {
			shell.Short = "Print the script by which " + shell.Name() + " completes commands and flags"
			shell.Long = fmt.Sprintf("%s. Each new session has it by:\n\n  %s", shell.Short, installing[shell.Name()])
		}
	}
}

// completeFlag makes shells complete a flag with these values.
func completeFlag(command *cobra.Command, flag string, values ...string) {
	if err := command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist
	}
}
