package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// installing is, by the shell, the command that has each new session complete starter.
var installing = map[string]string{
	"bash":       "starter completion bash > /etc/bash_completion.d/starter   # needs the package bash-completion",
	"zsh":        `starter completion zsh > "${fpath[1]}/_starter"`,
	"fish":       "starter completion fish > ~/.config/fish/completions/starter.fish",
	"powershell": "starter completion powershell >> $PROFILE",
}

// addCompletion adds cobra's own command, which prints scripts for shells: after the
// root has its output, since cobra keeps what it is now. Like any group it refuses a
// command that it does not have.
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

// completeFlag has shells complete a flag by these values.
func completeFlag(command *cobra.Command, flag string, values ...string) {
	if err := command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}
