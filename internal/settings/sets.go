package settings

import (
	"io"
	"log/slog"
	"reflect"
	"time"
)

// Log are the settings of a server's log.
type Log struct {
	LogLevel  slog.Level `env:"LATCH_LOG_LEVEL" envDefault:"info"`
	LogFormat string     `env:"LATCH_LOG_FORMAT" envDefault:"text"`
}

// Logger makes the logger.
func (l Log) Logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.LogLevel}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// Worker are those that Latch's own worker has beside the plugin's.
type Worker struct {
	TaskQueue      string        `env:"LATCH_TASK_QUEUE" envDefault:"latch"`
	HealthAddr     string        `env:"LATCH_HEALTH_ADDR" envDefault:"127.0.0.1:7128"`
	DrainTimeout   time.Duration `env:"LATCH_DRAIN_TIMEOUT" envDefault:"75s"`
	DeploymentName string        `env:"LATCH_DEPLOYMENT_NAME"`
	BuildID        string        `env:"LATCH_BUILD_ID"`
	Log
}

// Plugin are the options of the plugin.
type Plugin struct {
	FQDN                string   `env:"LATCH_FQDN"`
	Environment         string   `env:"LATCH_ENVIRONMENT"`
	SecretsDir          string   `env:"LATCH_SECRETS_DIR"`
	SecretsHosts        string   `env:"LATCH_SECRETS_HOSTS"`
	SecretHostsRequired bool     `env:"LATCH_SECRETS_HOSTS_REQUIRED"`
	EgressAllow         []string `env:"LATCH_EGRESS_ALLOW"`
	EgressProxy         string   `env:"LATCH_EGRESS_PROXY"`
	RedactHeaders       []string `env:"LATCH_REDACT_HEADERS"`
	RedactJSON          []string `env:"LATCH_REDACT_JSON"`
	AllowCommands       bool     `env:"LATCH_ALLOW_COMMANDS"`
	SearchAttributes    bool     `env:"LATCH_SEARCH_ATTRIBUTES"`
	APIURL              string   `env:"LATCH_API_URL"`
	LockLinks           bool     `env:"LATCH_LOCK_LINKS"`
	LinkKey             string   `env:"LATCH_LINK_KEY"`
}

// API are those of starter serve.
type API struct {
	Addr        string   `env:"LATCH_API_ADDR" envDefault:"127.0.0.1:7127"`
	URL         string   `env:"LATCH_API_URL"`
	FQDN        string   `env:"LATCH_FQDN"`
	Environment string   `env:"LATCH_ENVIRONMENT"`
	Keys        string   `env:"LATCH_API_KEYS"`
	Allow       []string `env:"LATCH_API_ALLOW"`
	TLSCert     string   `env:"LATCH_API_TLS_CERT"`
	TLSKey      string   `env:"LATCH_API_TLS_KEY"`
	LockLinks   bool     `env:"LATCH_LOCK_LINKS"`
	LinkKey     string   `env:"LATCH_LINK_KEY"`
	TemporalUI  string   `env:"LATCH_TEMPORAL_UI_URL"`
	Log
}

// CodecServer are those of starter codec serve.
type CodecServer struct {
	Addr    string   `env:"LATCH_CODEC_ADDR" envDefault:"127.0.0.1:7129"`
	Origins []string `env:"LATCH_CODEC_ORIGINS"`
	Tokens  string   `env:"LATCH_CODEC_TOKENS"`
	TLSCert string   `env:"LATCH_CODEC_TLS_CERT"`
	TLSKey  string   `env:"LATCH_CODEC_TLS_KEY"`
	Log
}

// Payloads are those of all that reads or writes what Temporal stores.
type Payloads struct {
	Keys     string `env:"LATCH_PAYLOAD_KEYS"`
	KeysFile string `env:"LATCH_PAYLOAD_KEYS_FILE"`
}

// CommandLine are those of the command line.
type CommandLine struct {
	TaskQueue string `env:"LATCH_TASK_QUEUE"`
	// API is the address of the HTTP API that commands speak to in place of
	// Temporal, and APIKey lets them in.
	API    string `env:"LATCH_API"`
	APIKey string `env:"LATCH_API_KEY"`
}

// sets are all of them. Names knows no others.
var sets = []reflect.Type{
	reflect.TypeFor[Worker](), reflect.TypeFor[Plugin](), reflect.TypeFor[API](), reflect.TypeFor[CodecServer](), reflect.TypeFor[Payloads](), reflect.TypeFor[CommandLine](),
}
