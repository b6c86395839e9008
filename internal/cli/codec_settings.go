package cli

import (
	"crypto/tls"
	"errors"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/codecserver"
	environment "github.com/latch-run/latch/internal/settings"
)

// A codecConfiguration holds the settings of the codec server.
type codecConfiguration struct {
	environment.CodecServer
	codec  *codec.Codec
	tokens []codecserver.Token
	tls    *tls.Config
}

// configureCodec reads the environment and reports all its problems at once.
func configureCodec() (*codecConfiguration, error) {
	given, err := environment.Read[environment.CodecServer]()
	problems := []error{err}
	configured := &codecConfiguration{CodecServer: given}
	note := func(variable string, err error) {
		problems = append(problems, environment.Named(variable, err))
	}
	configured.tokens, err = codecserver.ParseTokens(given.Tokens)
	note("LATCH_CODEC_TOKENS", err)
	tokens := configured.tokens
	if err != nil {
		tokens = make([]codecserver.Token, 1) // the user wants keys
	}
	note("LATCH_CODEC_ADDR", codecserver.CheckAddress(given.Addr, tokens))
	note("LATCH_CODEC_ORIGINS", codecserver.CheckOrigins(environment.Trimmed(configured.Origins)))
	configured.tls, err = environment.Certificate("LATCH_CODEC_TLS_CERT", given.TLSCert, "LATCH_CODEC_TLS_KEY", given.TLSKey)
	problems = append(problems, err)
	note("LATCH_LOG_FORMAT", environment.CheckLogFormat(given.LogFormat))
	configured.codec, err = codec.FromEnvironment()
	problems = append(problems, err)
	if err == nil && !configured.codec.Encrypts() {
		problems = append(problems, errors.New("LATCH_PAYLOAD_KEYS: has no key, and without one there is nothing to decrypt"))
	}
	return configured, errors.Join(problems...)
}
