package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/codecserver"
	environment "github.com/latch-run/latch/internal/settings"
)

// codecSettings are those of the codec server.
type codecSettings struct {
	Addr    string   `env:"LATCH_CODEC_ADDR" envDefault:"127.0.0.1:7129"`
	Origins []string `env:"LATCH_CODEC_ORIGINS"`
	Tokens  string   `env:"LATCH_CODEC_TOKENS"`
	TLSCert string   `env:"LATCH_CODEC_TLS_CERT"`
	TLSKey  string   `env:"LATCH_CODEC_TLS_KEY"`
	LogSettings
}

// A codecConfiguration is everything that the codec server runs by.
type codecConfiguration struct {
	codecSettings
	codec  *codec.Codec
	tokens []codecserver.Token
	tls    *tls.Config
}

// configureCodec reads the environment and reports all that is wrong with it
// at once.
func configureCodec() (*codecConfiguration, error) {
	given, err := environment.Read[codecSettings]()
	problems := []error{err}
	configured := &codecConfiguration{codecSettings: given}
	note := func(variable string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", variable, err))
		}
	}
	configured.tokens, err = codecserver.ParseTokens(given.Tokens)
	note("LATCH_CODEC_TOKENS", err)
	if err == nil {
		note("LATCH_CODEC_ADDR", codecserver.CheckAddress(given.Addr, configured.tokens))
	}
	note("LATCH_CODEC_ORIGINS", codecserver.CheckOrigins(environment.Trimmed(configured.Origins)))
	configured.tls, err = certificate(given.TLSCert, given.TLSKey)
	note("LATCH_CODEC_TLS_CERT, LATCH_CODEC_TLS_KEY", err)
	note("LATCH_LOG_FORMAT", checkLogFormat(given.LogFormat))
	configured.codec, err = codec.FromEnvironment()
	problems = append(problems, err)
	if err == nil && !configured.codec.Encrypts() {
		problems = append(problems, errors.New("LATCH_PAYLOAD_KEYS: has no key, and without one there is nothing to decrypt"))
	}
	return configured, errors.Join(problems...)
}
