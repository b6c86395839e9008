package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/evidence"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/spec"
)

func evidenceCommand(e *env) *cobra.Command {
	var keyFile, file string
	command := remote(e, &cobra.Command{Use: "evidence ID", Short: "Write signed evidence of a closed run", Args: cobra.ExactArgs(1),
		Long: `Write a signed statement of what came of a closed run: the digest of its input,
what each webhook was asked and answered (by digests), the rules and what they
decided, who removed locks, and which steps were undone. It is an in-toto
statement in a DSSE envelope, which starter evidence verify checks without
Temporal. Keep the file as it is: another form of the same JSON is refused.

An ed25519 key in PEM signs it, from --key or LATCH_EVIDENCE_KEY_FILE. With --api
the API signs with its own. Make one with: openssl genpkey -algorithm ed25519` + anyID},
		func(ctx context.Context, open opener, args []string) error {
			return writeEvidence(ctx, open, e, args[0], keyFile, file)
		})
	command.Flags().StringVar(&keyFile, "key", "", "the file with the private key, in PEM (LATCH_EVIDENCE_KEY_FILE)")
	command.Flags().StringVar(&file, "file", "", "write to this file, which must not exist, and not to standard output")
	command.AddCommand(verifyEvidenceCommand(e))
	return command
}

func writeEvidence(ctx context.Context, open opener, e *env, id, keyFile, file string) error {
	key, err := signingKey(e, keyFile)
	if err != nil {
		return failure.OfUsage(err)
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	sealed, err := world.Evidence(ctx, id, key)
	if err != nil {
		return err
	}
	if file == "" {
		_, err = e.out.Out.Write(sealed)
		return err
	}
	written, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = written.Write(sealed)
	if err = errors.Join(err, written.Close()); err == nil {
		e.out.Notef("wrote %s", output.Printable(file))
	}
	return err
}

// signingKey returns the key that signs; none if the API signs.
func signingKey(e *env, file string) (evidence.Key, error) {
	switch {
	case e.api != nil:
		if file != "" {
			e.out.Warnf("the API signs with its own key, and not with --key %s", output.Shell(file))
		}
		return evidence.Key{}, nil
	case file != "":
		text, err := spec.Bytes(file, e.out.In, maximumKey)
		if err != nil {
			return evidence.Key{}, environment.Named("--key", err)
		}
		key, err := evidence.ParseKey(text)
		return key, environment.Named("--key", err)
	}
	key, err := evidenceKey(e.settings.EvidenceKey, e.settings.EvidenceKeyFile)
	if err == nil && key.IsZero() {
		err = errors.New("--key or LATCH_EVIDENCE_KEY_FILE is needed: evidence is signed. Make a key with: openssl genpkey -algorithm ed25519")
	}
	return key, err
}

// maximumKey bounds the file of a key, in bytes.
const maximumKey = 64 << 10

// evidenceKey reads the key of LATCH_EVIDENCE_KEY or LATCH_EVIDENCE_KEY_FILE, if there is one.
func evidenceKey(given, file string) (evidence.Key, error) {
	variable, text, err := environment.EvidenceKey(given, file)
	if err != nil || given == "" && file == "" {
		return evidence.Key{}, err
	}
	key, err := evidence.ParseKey([]byte(text))
	return key, environment.Named(variable, err)
}

func verifyEvidenceCommand(e *env) *cobra.Command {
	var keyFile string
	command := &cobra.Command{Use: "verify FILE", Short: "Check signed evidence", Args: cobra.ExactArgs(1),
		Long: `Check a file that starter evidence has written, with the public key alone: no
server is asked. One changed byte anywhere in the file fails. FILE - is standard
input. The public key is that of: openssl pkey -in KEY -pubout

Exit codes: 0 the evidence is authentic, 1 it is not, 2 a file cannot be read.`,
		RunE: func(_ *cobra.Command, args []string) error { return verifyEvidence(e, args[0], keyFile) }}
	command.Flags().StringVar(&keyFile, "key", "", "the file with the public key, in PEM")
	_ = command.MarkFlagRequired("key") // fails only for a flag that does not exist
	return command
}

func verifyEvidence(e *env, file, keyFile string) error {
	text, err := spec.Bytes(keyFile, e.out.In, maximumKey)
	if err != nil {
		return failure.OfUsage(environment.Named("--key", err))
	}
	key, err := evidence.ParsePublicKey(text)
	if err != nil {
		return failure.OfUsage(environment.Named("--key", err))
	}
	sealed, err := spec.Bytes(file, e.out.In, evidence.MaximumBytes)
	if err != nil {
		return failure.OfUsage(err)
	}
	stated, err := key.Verify(sealed)
	if err != nil {
		return failure.New(failure.Failed, "%s: %v", output.Printable(file), err)
	}
	if e.out.JSON {
		e.out.Value(stated.Signed)
		return nil
	}
	printEvidence(e.out, stated)
	return nil
}

func printEvidence(out *output.Printer, s *evidence.Statement) {
	p := &s.Predicate
	out.Printf("authentic: %s, run %s\n", output.Printable(p.Run.WorkflowID), output.Printable(p.Run.RunID))
	printLines(out, [][2]string{
		{"status", p.Outcome.Status}, {"reason", p.Outcome.Reason}, {"error", p.Outcome.Error}, {"decided by", decidedBy(p.Outcome.DecidedBy)},
		{"from", p.Run.StartedAt.Format(time.RFC3339)}, {"to", p.Run.ClosedAt.Format(time.RFC3339)},
		{"input", "sha256:" + s.Subject[0].Digest.SHA256},
	})
	t := output.NewTable("RESULT", "EVENT", "WEBHOOK", "DECISION", "RULE", "LOCK")
	for i := range p.Hooks {
		h := &p.Hooks[i]
		t.Add(resultColour(h.Result).In(h.Result), output.Plain(eventOf(h.Event, h.Step)), output.Plain(output.Printable(h.Webhook)),
			decisionColour(h.Decision).In(output.OrDash(h.Decision)), output.Plain(output.OrDash(output.OneLine(h.Rule))),
			output.Plain(removedBy(h.Lock)))
	}
	out.Table(t)
	for i := range p.Hooks {
		for _, vote := range p.Hooks[i].Approvals {
			out.Printf("vote on %s at %s: %s by %s (%s, %s)\n", output.OneLine(p.Hooks[i].Webhook),
				eventOf(p.Hooks[i].Event, p.Hooks[i].Step),
				vote.Result, output.OneLine(vote.By), vote.Via, vote.IdentifiedBy)
		}
	}
	for _, step := range p.Steps {
		out.Printf("step %s: %s\n", output.OneLine(step.Name), step.Status)
	}
	if len(p.Undone) > 0 {
		out.Printf("undone: %s\n", output.OneLine(strings.Join(p.Undone, ", ")))
	}
}

// removedBy says who removed a lock, and in which way.
func removedBy(lock *evidence.Lock) string {
	switch {
	case lock == nil || lock.RemovedAt.IsZero():
		return "-"
	case lock.RemovedBy == "":
		return lock.Via
	default:
		return output.OneLine(lock.RemovedBy) + " (" + lock.Via + ")"
	}
}
