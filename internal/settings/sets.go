package settings

import (
	"io"
	"log/slog"
	"reflect"
	"time"
)

// The comment of each field is its row in the documents (make docs): what the
// variable sets, in Markdown. What stands there for a default that the tag does
// not have begins with "Default:".

// Log are the settings of a server's log.
type Log struct {
	// The least level that is logged: `debug`, `info`, `warn` or `error`.
	LogLevel slog.Level `env:"LATCH_LOG_LEVEL" envDefault:"info"`
	// `text` or `json`.
	LogFormat string `env:"LATCH_LOG_FORMAT" envDefault:"text"`
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
	// The task queue that the worker polls.
	TaskQueue string `env:"LATCH_TASK_QUEUE" envDefault:"latch"`
	// Where `/healthz`, `/readyz` and `/metrics` are served, without a key: on
	// loopback only to this machine, on any other address to whoever reaches it.
	// `off` serves none.
	HealthAddr string `env:"LATCH_HEALTH_ADDR" envDefault:"127.0.0.1:7128"`
	// How long work in flight may take to end after SIGTERM.
	DrainTimeout time.Duration `env:"LATCH_DRAIN_TIMEOUT" envDefault:"75s"`
	// How many runs stay in memory between their tasks, at 100 KiB or more each; any
	// other is replayed when a message comes for it. Default: what fits into a
	// quarter of the memory, from 100 to 2,000.
	CachedRuns int `env:"LATCH_CACHED_RUNS"`
	// The deployment's name in Temporal's worker versioning. Default:
	// `TEMPORAL_DEPLOYMENT_NAME`, which Temporal's worker controller sets.
	DeploymentName string `env:"LATCH_DEPLOYMENT_NAME"`
	// The deployment's build. Give both or neither. Default:
	// `TEMPORAL_WORKER_BUILD_ID`.
	BuildID string `env:"LATCH_BUILD_ID"`
	Log
}

// Plugin are the options of the plugin.
type Plugin struct {
	// `system.fqdn` in templates. Default: the host of `LATCH_API_URL`, else the
	// host's name.
	FQDN string `env:"LATCH_FQDN"`
	// `system.environment` in templates.
	Environment string `env:"LATCH_ENVIRONMENT"`
	// A folder with one file for each secret, named as the secret is. A file is
	// read whenever its secret is used.
	SecretsDir string `env:"LATCH_SECRETS_DIR"`
	// Which hosts each secret may go to:
	// `board=hooks.example.com|*.corp:8443|http://hooks.internal,…`. A bound secret
	// goes nowhere else, and over plain http only to a host given as `http://…`.
	// `command://` lets command tasks have it.
	SecretsHosts string `env:"LATCH_SECRETS_HOSTS"`
	// Refuse to use a secret that is bound to no host.
	SecretHostsRequired bool `env:"LATCH_SECRETS_HOSTS_REQUIRED"`
	// Addresses that may be called although they are not public: CIDRs, IPs, hosts
	// and host:ports, with commas between them.
	EgressAllow []string `env:"LATCH_EGRESS_ALLOW"`
	// The URL of a proxy for all outgoing requests: `http://`, `https://`,
	// `socks5://` or `socks5h://`. Names are resolved before it, and all of a name's
	// addresses must pass; `socks5://` gets a checked address and no name.
	EgressProxy string `env:"LATCH_EGRESS_PROXY"`
	// Hosts that are called without the proxy: hosts, host:ports, `*.domain`, IPs
	// and CIDRs, with commas between them. `LATCH_EGRESS_ALLOW` holds for them.
	EgressNoProxy []string `env:"LATCH_EGRESS_NO_PROXY"`
	// Hosts whose names only the proxy can resolve: hosts, host:ports and
	// `*.domain`, with commas between them. Where they lead is not checked.
	EgressProxyResolves []string `env:"LATCH_EGRESS_PROXY_RESOLVES"`
	// Headers of answers that no record keeps: names, in which `*` stands for any
	// characters, with commas between them.
	RedactHeaders []string `env:"LATCH_REDACT_HEADERS"`
	// What of JSON answers no record keeps: JSON pointers, with commas between them.
	RedactJSON []string `env:"LATCH_REDACT_JSON"`
	// Run command tasks.
	AllowCommands bool `env:"LATCH_ALLOW_COMMANDS"`
	// Set search attributes on runs, where the namespace has them: `LatchID` and
	// `LatchStatus` (Keyword) and `LatchWaiting` (Bool), all three or none, and
	// `LatchWebhooks` (KeywordList). `starter setup` creates them.
	SearchAttributes bool `env:"LATCH_SEARCH_ATTRIBUTES"`
	// The public address of the HTTP API, for links to locks.
	APIURL string `env:"LATCH_API_URL"`
	// The address of Temporal UI, for links to the runs that a watch has found.
	TemporalUI string `env:"LATCH_TEMPORAL_UI_URL"`
	// Links to locks bear an HMAC, which opens a lock's page without an API key.
	LockLinks bool `env:"LATCH_LOCK_LINKS"`
	// The key of that HMAC, the same for worker and API; at least 16 bytes.
	LinkKey string `env:"LATCH_LINK_KEY"`
	// The same in a file. Give one of the two.
	LinkKeyFile string `env:"LATCH_LINK_KEY_FILE"`
}

// API are those of starter serve.
type API struct {
	// Where the API listens. Beyond loopback it needs `LATCH_API_KEYS`.
	Addr string `env:"LATCH_API_ADDR" envDefault:"127.0.0.1:7127"`
	// Its public address.
	URL string `env:"LATCH_API_URL"`
	// `system.fqdn`, as `/api/system` shows it. Default: the host of
	// `LATCH_API_URL`, else the host's name.
	FQDN string `env:"LATCH_FQDN"`
	// `system.environment`, as `/api/system` shows it.
	Environment string `env:"LATCH_ENVIRONMENT"`
	// `name[:role]=key,…`. The role is `admin`, `run`, `lock` or `read`, and `admin`
	// unless given; a key has at least 16 bytes. A name has one role and may
	// have several keys; records and the log show it.
	Keys string `env:"LATCH_API_KEYS"`
	// The same in a file, with commas or lines between the keys. Give one of the two.
	KeysFile string `env:"LATCH_API_KEYS_FILE"`
	// CIDRs that may call, by the address of the connection. Default: all.
	Allow []string `env:"LATCH_API_ALLOW"`
	// The file of the TLS certificate, in PEM.
	TLSCert string `env:"LATCH_API_TLS_CERT"`
	// The file of its private key, in PEM.
	TLSKey string `env:"LATCH_API_TLS_KEY"`
	// A lock's link opens the lock's page without an API key: whoever sees the link
	// may decide. The page then shows no error texts and no responses.
	LockLinks bool `env:"LATCH_LOCK_LINKS"`
	// The key of the links' HMAC, the same for worker and API; at least 16 bytes.
	LinkKey string `env:"LATCH_LINK_KEY"`
	// The same in a file. Give one of the two.
	LinkKeyFile string `env:"LATCH_LINK_KEY_FILE"`
	// The address of Temporal UI, to which a lock's page links.
	TemporalUI string `env:"LATCH_TEMPORAL_UI_URL"`
	Log
}

// CodecServer are those of starter codec serve.
type CodecServer struct {
	// Where the codec server listens. Beyond loopback it needs `LATCH_CODEC_TOKENS`.
	Addr string `env:"LATCH_CODEC_ADDR" envDefault:"127.0.0.1:7129"`
	// The origins of the pages that may call, such as Temporal UI's, with commas
	// between them.
	Origins []string `env:"LATCH_CODEC_ORIGINS"`
	// Tokens that callers may bear, with commas between them; each has at least 16
	// bytes.
	Tokens string `env:"LATCH_CODEC_TOKENS"`
	// The file of the TLS certificate, in PEM.
	TLSCert string `env:"LATCH_CODEC_TLS_CERT"`
	// The file of its private key, in PEM.
	TLSKey string `env:"LATCH_CODEC_TLS_KEY"`
	Log
}

// Payloads are those of all that reads or writes what Temporal stores.
type Payloads struct {
	// `id=<base64 of 32 bytes>,…`: the first key encrypts what Temporal stores, and
	// all of them decrypt it.
	Keys string `env:"LATCH_PAYLOAD_KEYS"`
	// The same in a file, with commas or lines between the keys. Give one of the two.
	KeysFile string `env:"LATCH_PAYLOAD_KEYS_FILE"`
}

// CommandLine are those of the command line.
type CommandLine struct {
	// The task queue of Latch's worker. Default: `latch`.
	TaskQueue string `env:"LATCH_TASK_QUEUE"`
	// The address of the HTTP API that commands call in place of Temporal.
	API string `env:"LATCH_API"`
	// The key for that API.
	APIKey string `env:"LATCH_API_KEY"`
}

// sets are all of them. Names knows no others.
var sets = []reflect.Type{
	reflect.TypeFor[Worker](), reflect.TypeFor[Plugin](), reflect.TypeFor[API](), reflect.TypeFor[CodecServer](), reflect.TypeFor[Payloads](), reflect.TypeFor[CommandLine](),
}
