package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/internal/typo"
)

func webhookCommand(e *env) *cobra.Command {
	return group("webhook", "List webhooks, make keys for them, check captured requests, try a webhook",
		webhookListCommand(e),
		webhookKeygenCommand(e), webhookVerifyCommand(e), webhookTestCommand(e))
}

func webhookKeygenCommand(e *env) *cobra.Command {
	var kind string
	command := &cobra.Command{Use: "keygen", Short: "Print a new secret that signs webhooks", Args: cobra.NoArgs,
		Long: `Print a new secret as Standard Webhooks writes it. whsec (the default) is
symmetric: the receiver holds the same one. ed25519 is asymmetric: the private
key (whsk_…) goes to standard output, for the worker, the public key (whpk_…),
which is no secret, to standard error, for the receiver. Both only sign and are
never sent.

  starter webhook keygen > "$LATCH_SECRETS_DIR/change-board"
  starter webhook keygen --kind ed25519 > "$LATCH_SECRETS_DIR/change-board" 2> change-board.pub

To rotate a secret, put the new one before the old one, in lines of one file:
both sign until the old one is removed.`,
		RunE: func(*cobra.Command, []string) error { return printKey(e.out, kind) }}
	command.Flags().StringVar(&kind, "kind", "whsec", "whsec (symmetric) or ed25519 (asymmetric)")
	completeFlag(command, "kind", "whsec", "ed25519")
	return command
}

func printKey(out *output.Printer, kind string) error {
	made := struct {
		Kind   string `json:"kind"`
		Secret string `json:"secret"`
		Public string `json:"public,omitempty"`
	}{Kind: kind}
	switch kind {
	case "whsec":
		made.Secret = signature.NewSymmetric()
	case "ed25519":
		made.Secret, made.Public = signature.NewPair()
	default:
		return failure.OfUsage(fmt.Errorf("--kind is whsec or ed25519, not %q%s", kind, typo.Hint(kind, []string{"whsec", "ed25519"})))
	}
	if out.JSON {
		out.Value(made)
		return nil
	}
	out.Printf("%s\n", made.Secret)
	if made.Public != "" {
		fmt.Fprintln(out.Err, made.Public)
	}
	return nil
}
