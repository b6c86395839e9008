package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/capture"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/internal/spec"
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
	found, err := request.Verify(keys, at, flags.tolerance)
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

func printVerification(out *output.Printer, found *capture.Verification) {
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

// readCaptured reads the request from a file, from flags, or its headers from a file and its
// body from --body.
func readCaptured(out *output.Printer, flags verifyFlags, args []string) (*capture.Request, error) {
	request := &capture.Request{Header: http.Header{}}
	var err error
	switch {
	case len(args) == 1 && len(flags.headers) > 0:
		return nil, errors.New("give the request either as a file or by --header, not both")
	case len(args) == 1 && args[0] == "-" && flags.body == "-":
		return nil, errors.New("standard input is either REQUEST or --body, not both")
	case len(args) == 1:
		if request, err = captureFrom(out, args[0], flags.body != ""); err != nil {
			return nil, err
		}
	case len(flags.headers) == 0 && flags.body == "":
		return nil, errors.New("give the request as a file, or by --header and --body")
	}
	for _, header := range flags.headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return nil, fmt.Errorf("--header: %q is not of the form name: value", header)
		}
		request.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if flags.body != "" {
		request.Body, err = readFile(flags.body, out.In)
	}
	return request, err
}

// captureFrom reads a file, without its body if headersOnly is true.
func captureFrom(out *output.Printer, name string, headersOnly bool) (*capture.Request, error) {
	data, err := readFile(name, out.In)
	if err != nil {
		return nil, err
	}
	parse := capture.Parse
	if headersOnly {
		parse = capture.ParseHeaders
	}
	request, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return request, nil
}

// maximumCapture bounds a file that is read, in bytes.
const maximumCapture = 10 << 20

// readFile reads a file, or in for the name "-".
func readFile(name string, in io.Reader) ([]byte, error) {
	data, err := spec.Bytes(name, in, maximumCapture)
	if errors.Is(err, spec.ErrTooLarge) {
		err = fmt.Errorf("%s is larger than %d MiB", name, maximumCapture>>20)
	}
	return data, err
}
