package cli

import "github.com/spf13/cobra"

// Command returns starter with all its commands, for the documents. To run it, see
// [Run].
func Command() *cobra.Command { return newApp().rootCommand() }
