package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/internal/typo"
)

func (a *app) webhookCommand() *cobra.Command {
	return group("webhook", "List webhooks, make keys for them, check captured requests, try a webhook",
		a.webhookListCommand(),
		a.webhookKeygenCommand(), a.webhookVerifyCommand(), a.webhookTestCommand())
}

func (a *app) webhookKeygenCommand() *cobra.Command {
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
		RunE: func(*cobra.Command, []string) error { return a.keygen(kind) }}
	command.Flags().StringVar(&kind, "kind", "whsec", "whsec (symmetric) or ed25519 (asymmetric)")
	return command
}

func (a *app) keygen(kind string) error {
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
		return usageError(fmt.Errorf("--kind is whsec or ed25519, not %q%s", kind, typo.Hint(kind, []string{"whsec", "ed25519"})))
	}
	if a.json() {
		a.printJSON(made)
		return nil
	}
	a.printf("%s\n", made.Secret)
	if made.Public != "" {
		fmt.Fprintln(a.err, made.Public)
	}
	return nil
}
