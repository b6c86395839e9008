package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latch-run/latch/internal/cli"
)

// commands returns the help of starter and the flags of all commands, followed
// by a section for each command with its usage, its help and its own flags.
func commands(string) (string, error) {
	root := cli.Command()
	var b strings.Builder
	b.WriteString(prose(root.Long))
	b.WriteString("Every command takes these flags:\n\n" + flags(root.PersistentFlags()) + "\n")
	describe(&b, root)
	return b.String(), nil
}

// describe writes a section for each command below group.
func describe(b *strings.Builder, group *cobra.Command) {
	for _, command := range group.Commands() {
		if !command.IsAvailableCommand() {
			continue
		}
		if command.Runnable() && (!command.HasSubCommands() || command.LocalFlags().HasAvailableFlags() && command.Long != "") {
			fmt.Fprintf(b, "### %s\n\n```text\n%s\n```\n\n", command.CommandPath(), strings.TrimSuffix(command.UseLine(), " [flags]"))
			about := command.Long
			if about == "" {
				about = command.Short + "."
			}
			b.WriteString(prose(about))
			if own := flags(command.LocalNonPersistentFlags()); own != "" {
				b.WriteString(own + "\n")
			}
		}
		describe(b, command)
	}
}

func flags(set *pflag.FlagSet) string {
	t := newTable("flag", "default", "what")
	found := false
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden || flag.Name == "help" {
			return
		}
		found = true
		name, usage := pflag.UnquoteUsage(flag)
		call := strings.TrimSpace("--" + flag.Name + " " + name)
		if flag.Shorthand != "" {
			call = "-" + flag.Shorthand + ", " + call
		}
		t.row(code(call), preset(flag), plain(usage))
	})
	if !found {
		return ""
	}
	return t.String()
}

// preset returns a flag's default, or "" if it is not worth mentioning.
func preset(flag *pflag.Flag) string {
	switch flag.DefValue {
	case "", "false", "0", "[]":
		return ""
	default:
		return code(flag.DefValue)
	}
}

// The boundaries between indented and other lines without a blank line between
// them.
var (
	inward  = regexp.MustCompile(`(?m)^(\S.*\n)(  )`)
	outward = regexp.MustCompile(`(?m)^(  .*\n)(\S)`)
)

// prose converts a help text to Markdown: paragraphs stay, indented text
// becomes code blocks.
func prose(help string) string {
	var b strings.Builder
	block := false
	help = outward.ReplaceAllString(inward.ReplaceAllString(help, "$1\n$2"), "$1\n$2")
	for paragraph := range strings.SplitSeq(help, "\n\n") {
		inset := strings.HasPrefix(paragraph, "  ")
		switch {
		case inset && !block:
			b.WriteString("```text\n")
		case !inset && block:
			b.WriteString("```\n\n")
		case inset:
			b.WriteString("\n")
		}
		if block = inset; block {
			b.WriteString(strings.ReplaceAll("\n"+paragraph, "\n  ", "\n")[1:] + "\n")
		} else {
			b.WriteString(plain(paragraph) + "\n\n")
		}
	}
	if block {
		b.WriteString("```\n\n")
	}
	return b.String()
}

// plain escapes a placeholder such as <id>, so that it is not read as HTML.
func plain(text string) string { return strings.ReplaceAll(text, "<", `\<`) }
