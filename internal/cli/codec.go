package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/codecserver"
	environment "github.com/latch-run/latch/internal/settings"
)

func codecCommand(e *env) *cobra.Command {
	return group("codec", "Make keys that encrypt what Temporal stores, serve Temporal UI with what they open",
		codecKeygenCommand(e), codecServeCommand(e))
}

func codecKeygenCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "keygen ID", Short: "Print a new key for LATCH_PAYLOAD_KEYS", Args: cobra.ExactArgs(1),
		Long: `Print a new key as LATCH_PAYLOAD_KEYS and LATCH_PAYLOAD_KEYS_FILE have it,
id=base64. The id stands in the clear beside what the key encrypts: a date does.

  starter codec keygen 2026-11 >> /etc/latch/payload-keys

The worker, starter and starter serve take the same keys. The first encrypts, all
of them decrypt. To rotate: add the new key behind the others everywhere, then
put it first everywhere, and remove the old one when no run is left from before
and the namespace's retention has passed.`,
		RunE: func(_ *cobra.Command, args []string) error { return printCodecKey(e.out, args[0]) }}
}

func printCodecKey(out *output.Printer, id string) error {
	key, err := codec.NewKey(id)
	if err != nil {
		return failure.OfUsage(fmt.Errorf("ID: %q: %w", id, err))
	}
	if out.JSON {
		out.Value(map[string]string{"id": key.ID, "key": key.Setting()})
		return nil
	}
	out.Printf("%s\n", key.Setting())
	return nil
}

const codecServeHelp = `Serve a codec server until SIGTERM or Ctrl-C: Temporal UI and the temporal
command ask it to decrypt what Latch encrypted. All settings come from the
environment:

  LATCH_PAYLOAD_KEYS, LATCH_PAYLOAD_KEYS_FILE   the worker's keys
  LATCH_CODEC_ADDR      where it listens (127.0.0.1:7129)
  LATCH_CODEC_ORIGINS   origins of Temporal UI, such as http://127.0.0.1:8233
  LATCH_CODEC_TOKENS    token,…: what callers bear as Authorization: Bearer …;
                        without tokens only requests on this machine are served
  LATCH_CODEC_TLS_CERT, LATCH_CODEC_TLS_KEY   files in PEM
  LATCH_LOG_LEVEL, LATCH_LOG_FORMAT           info; text or json

Whoever may call it reads all that the keys open. In Temporal UI, give its
address as the codec endpoint (the glasses at the top); then:

  temporal workflow show -w job-1 --codec-endpoint http://127.0.0.1:7129
  temporal workflow show -w job-1 --codec-endpoint https://codec.example.com --codec-auth 'Bearer …'`

func codecServeCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve Temporal UI and the temporal command with what the keys open", Long: codecServeHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveCodec(cmd.Context(), e) }}
}

func serveCodec(ctx context.Context, e *env) error {
	configured, err := configureCodec()
	if err != nil {
		warnOfUnknown(e, true)
		return failure.OfUsage(err)
	}
	logger := configured.Logger(e.out.Err)
	environment.Warn(logger, environment.Unknowns(e.environ))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", configured.Addr)
	if err != nil {
		return failure.New(failure.Failed, "LATCH_CODEC_ADDR: %v; free the address or choose another", err)
	}
	logger.Info("codec server started", "address", listener.Addr().String(), "tls", configured.tls != nil,
		"tokens", len(configured.tokens), "origins", configured.Origins)
	handler := codecserver.New(codecserver.Options{Codec: configured.codec, Tokens: configured.tokens, Origins: configured.Origins, Logger: logger})
	return serveUntil(ctx, "codec server", listener, &http.Server{
		Handler: handler, TLSConfig: configured.tls, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: replyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maximumHeader,
	}, logger)
}
