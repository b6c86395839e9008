package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/signature"
)

// verifyFlags are the flags of webhook verify.
type verifyFlags struct {
	headers               []string
	body                  string
	secretFile, secretEnv string
	tolerance             time.Duration
	at                    string
}

func webhookVerifyCommand(e *env) *cobra.Command {
	var flags verifyFlags
	command := &cobra.Command{Use: "verify [REQUEST]", Short: "Check the signature of a captured request", Args: cobra.MaximumNArgs(1),
		Long: `Check a request that was captured, by Standard Webhooks. REQUEST is a file with
the raw HTTP request, what webhook test prints (as text, copied from a terminal,
or as JSON), or a .http file; - is standard input. Of what curl -v prints the
headers are read, and --body has the body. Or give headers by --header and the
body by --body. The body must be byte by byte what was sent, but for *** where
webhook test hid a key that is among those given.

The keys stand in a file (--secret-file) or in a variable (--secret-env), one a
line: whsec_… (v1), whpk_… or whsk_… (v1a), and any other text, whose bytes are a
v1 key. One good signature is enough.

Exit codes: 0 the request is authentic and in time, 1 it is not, 2 it or a key
cannot be read.`,
		RunE: func(_ *cobra.Command, args []string) error { return verifyRequest(e, flags, args) }}
	command.Flags().StringArrayVarP(&flags.headers, "header", "H", nil, `a header, such as "webhook-id: dlv_1"; repeatable`)
	command.Flags().StringVar(&flags.body, "body", "", "the file that is the body; - is standard input")
	command.Flags().StringVar(&flags.secretFile, "secret-file", "", "the file that holds the keys")
	command.Flags().StringVar(&flags.secretEnv, "secret-env", "", "the environment variable that holds the keys, such as LATCH_SECRET_CHANGE_BOARD")
	command.Flags().DurationVar(&flags.tolerance, "tolerance", 5*time.Minute, "how far webhook-timestamp may be off; 0 for any")
	command.Flags().StringVar(&flags.at, "at", "", "the time to check it at (RFC 3339); now unless given")
	return command
}

// A verification is what webhook verify found, as --output json prints it.
type verification struct {
	Valid bool   `json:"valid"`
	ID    string `json:"id"`
	// Timestamp is zero where the header is missing or wrong.
	Timestamp  latch.Time         `json:"timestamp,omitzero"`
	Signatures []checkedSignature `json:"signatures"`
	Problems   []string           `json:"problems"`
}

// A checkedSignature is a signature of a request. Key is the line of the key that made
// it, and Kind that key's prefix; 0 and "" for a signature that no key made.
type checkedSignature struct {
	Scheme string `json:"scheme"`
	Good   bool   `json:"good"`
	Key    int    `json:"key,omitempty"`
	Kind   string `json:"kind,omitempty"`
}

func verifyRequest(e *env, flags verifyFlags, args []string) error {
	at := time.Now()
	if flags.at != "" {
		parsed, err := time.Parse(time.RFC3339, flags.at)
		if err != nil {
			return failure.OfUsage(fmt.Errorf("--at: %q is no time such as 2026-07-01T12:30:00Z", flags.at))
		}
		at = parsed
	}
	if flags.tolerance < 0 {
		return failure.OfUsage(fmt.Errorf("--tolerance must not be negative, not %s", flags.tolerance))
	}
	keys, err := readKeys(e, flags)
	if err != nil {
		return failure.OfUsage(err)
	}
	request, err := readCaptured(e.out, flags, args)
	if err != nil {
		return failure.OfUsage(err)
	}
	found, err := request.verify(keys, at, flags.tolerance)
	if err != nil {
		return failure.OfUsage(err)
	}
	if e.out.JSON {
		e.out.Value(found)
	} else {
		printVerification(e.out, found)
	}
	if !found.Valid {
		return failure.Silent(failure.ExitFailed)
	}
	return nil
}

// readKeys reads the keys. Its errors do not contain them.
func readKeys(e *env, flags verifyFlags) ([]signature.Line, error) {
	var text, from string
	switch {
	case (flags.secretFile == "") == (flags.secretEnv == ""):
		return nil, fmt.Errorf("give the keys by either --secret-file or --secret-env")
	case flags.secretEnv != "":
		text, from = e.environ.get(flags.secretEnv), flags.secretEnv
	default:
		data, err := readFile(flags.secretFile, e.out.In)
		if err != nil {
			return nil, err
		}
		text, from = string(data), flags.secretFile
	}
	lines, err := signature.ParseLines(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return lines, nil
}

// verify checks the request's signatures and its time.
func (c *captured) verify(lines []signature.Line, at time.Time, tolerance time.Duration) (*verification, error) {
	bodies, err := c.bodies(lines)
	if err != nil {
		return nil, err
	}
	found := &verification{ID: c.header.Get("Webhook-Id"), Signatures: []checkedSignature{}, Problems: []string{}}
	problem := func(format string, args ...any) {
		found.Problems = append(found.Problems, fmt.Sprintf(format, args...))
	}
	if found.ID == "" {
		problem("it has no header webhook-id")
	}
	seconds, err := strconv.ParseInt(c.header.Get("Webhook-Timestamp"), 10, 64)
	switch {
	case c.header.Get("Webhook-Timestamp") == "":
		problem("it has no header webhook-timestamp")
	case err != nil || seconds < 0 || seconds > latestTimestamp:
		problem("its webhook-timestamp, %q, is no number of seconds since 1970", c.header.Get("Webhook-Timestamp"))
	default:
		found.Timestamp = latch.NewTime(time.Unix(seconds, 0))
		if age := at.Sub(time.Unix(seconds, 0)); tolerance > 0 && age.Abs() > tolerance {
			problem("its webhook-timestamp, %s, is %s, more than the tolerance of %s", found.Timestamp.UTC().Format(time.RFC3339), ageOf(age), tolerance)
		}
	}
	signatures := strings.Join(c.header.Values("Webhook-Signature"), " ")
	good := false
	for _, body := range bodies {
		if found.Signatures, good = checkSignatures(signature.Message{ID: found.ID, Timestamp: seconds, Body: body}, signatures, lines); good {
			break
		}
	}
	switch {
	case len(found.Signatures) == 0:
		problem("it has no header webhook-signature")
	case !good:
		problem("none of its signatures is by a key that was given, over this webhook-id, webhook-timestamp and body of %d bytes%s", len(bodies[0]), c.whyHidden())
	}
	found.Valid = len(found.Problems) == 0
	return found, nil
}

// checkSignatures checks each signature, and reports whether any is good.
func checkSignatures(message signature.Message, signatures string, lines []signature.Line) (all []checkedSignature, good bool) {
	keys := make([]signature.Key, len(lines))
	for i, line := range lines {
		keys[i] = line.Key
	}
	all = []checkedSignature{}
	for _, check := range message.Check(signatures, keys) {
		checked := checkedSignature{Scheme: check.Scheme, Good: check.Key >= 0}
		if checked.Good {
			good, checked.Key, checked.Kind = true, lines[check.Key].Number, keys[check.Key].Prefix()
		}
		all = append(all, checked)
	}
	return all, good
}

// latestTimestamp is the last second of the year 9999.
const latestTimestamp = 253402300799

func ageOf(age time.Duration) string {
	if age < 0 {
		return (-age).Round(time.Second).String() + " ahead"
	}
	return age.Round(time.Second).String() + " ago"
}

func printVerification(out *output.Printer, found *verification) {
	for i, checked := range found.Signatures {
		if !checked.Good {
			out.Printf("signature %d (%s): by no key that was given\n", i+1, output.OneLine(checked.Scheme))
			continue
		}
		kind := "text"
		if checked.Kind != "" {
			kind = checked.Kind + "…"
		}
		out.Printf("signature %d (%s): good, by the key in line %d (%s)\n", i+1, checked.Scheme, checked.Key, kind)
	}
	if found.Valid {
		out.Printf("%s: %s of %s\n", out.Show(output.Green.In("authentic")), output.OneLine(found.ID), found.Timestamp.UTC().Format(time.RFC3339))
		return
	}
	for _, problem := range found.Problems {
		out.Printf("%s: %s\n", out.Show(output.Red.In("not authentic")), output.Printable(problem))
	}
}

// maximumCapture bounds a file that is read, in bytes.
const maximumCapture = 10 << 20

// readFile reads a file, or in for the name "-".
func readFile(name string, in io.Reader) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maximumCapture+1))
	if err == nil && len(data) > maximumCapture {
		err = fmt.Errorf("%s is larger than %d MiB", name, maximumCapture>>20)
	}
	return data, err
}
