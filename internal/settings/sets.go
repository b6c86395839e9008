package settings

import (
	"io"
	"log/slog"
	"reflect"
	"time"
)

// The comment of each field is its row in the documentation (make docs): what
// the variable sets, in Markdown. A default that is not in the tag is described
// after "Default:".

// Log are the settings for logs.
type Log struct {
	// The minimum level that is logged: `debug`, `info`, `warn` or `error`.
	LogLevel slog.Level `env:"LATCH_LOG_LEVEL" envDefault:"info"`
	// `text` or `json`.
	LogFormat string `env:"LATCH_LOG_FORMAT" envDefault:"text"`
}

// Logger returns a logger with these settings.
func (l Log) Logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.LogLevel}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// Worker are the settings of Latch's own worker, in addition to the plugin's.
type Worker struct {
	// The task queue that the worker polls.
	TaskQueue string `env:"LATCH_TASK_QUEUE" envDefault:"latch"`
	// Where `/healthz`, `/readyz` and `/metrics` are served, without an API
	// key. On loopback only this machine reaches them; on any other address,
	// anybody who can connect. `off` disables them.
	HealthAddr string `env:"LATCH_HEALTH_ADDR" envDefault:"127.0.0.1:7128"`
	// How long work in progress may take to finish after SIGTERM.
	DrainTimeout time.Duration `env:"LATCH_DRAIN_TIMEOUT" envDefault:"75s"`
	// How many runs stay in memory between their tasks, at 100 KiB or more
	// each; others are replayed when they receive a message. Default: what fits
	// into a quarter of the memory, from 100 to 2,000.
	CachedRuns int `env:"LATCH_CACHED_RUNS"`
	// The deployment's name in Temporal's worker versioning. Default:
	// `TEMPORAL_DEPLOYMENT_NAME`, which Temporal's worker controller sets.
	DeploymentName string `env:"LATCH_DEPLOYMENT_NAME"`
	// The deployment's build. Set both or neither. Default:
	// `TEMPORAL_WORKER_BUILD_ID`.
	BuildID string `env:"LATCH_BUILD_ID"`
	Log
}

// Plugin are the settings of the plugin.
type Plugin struct {
	// `system.fqdn` in templates. Default: the host of `LATCH_API_URL`, else the
	// host's name.
	FQDN string `env:"LATCH_FQDN"`
	// `system.environment` in templates.
	Environment string `env:"LATCH_ENVIRONMENT"`
	// A directory with one file for each secret, named like the secret. A file
	// is read whenever its secret is used.
	SecretsDir string `env:"LATCH_SECRETS_DIR"`
	// The hosts that each secret may be sent to:
	// `board=hooks.example.com|*.corp:8443|http://hooks.internal,…`. A bound
	// secret is sent nowhere else, and over plain http only to a host given as
	// `http://…`. `command://` allows command tasks.
	SecretsHosts string `env:"LATCH_SECRETS_HOSTS"`
	// Refuse to use a secret that is bound to no host.
	SecretHostsRequired bool `env:"LATCH_SECRETS_HOSTS_REQUIRED"`
	// Addresses that may be called although they are not public: CIDRs, IPs,
	// hosts and host:ports, separated by commas.
	EgressAllow []string `env:"LATCH_EGRESS_ALLOW"`
	// The URL of a proxy for all outgoing requests: `http://`, `https://`,
	// `socks5://` or `socks5h://`. The worker resolves names first, and all
	// addresses of a name must be allowed; a `socks5://` proxy receives a
	// checked address instead of the name.
	EgressProxy string `env:"LATCH_EGRESS_PROXY"`
	// Hosts that are called without the proxy: hosts, host:ports, `*.domain`,
	// IPs and CIDRs, separated by commas. `LATCH_EGRESS_ALLOW` applies to them.
	EgressNoProxy []string `env:"LATCH_EGRESS_NO_PROXY"`
	// Hosts whose names only the proxy can resolve: hosts, host:ports and
	// `*.domain`, separated by commas. Their addresses are not checked.
	EgressProxyResolves []string `env:"LATCH_EGRESS_PROXY_RESOLVES"`
	// Names of response headers that are never recorded, separated by commas.
	// `*` stands for any characters.
	RedactHeaders []string `env:"LATCH_REDACT_HEADERS"`
	// Parts of JSON responses that are never recorded: JSON pointers, separated
	// by commas.
	RedactJSON []string `env:"LATCH_REDACT_JSON"`
	// Run command tasks.
	AllowCommands bool `env:"LATCH_ALLOW_COMMANDS"`
	// Set search attributes on runs, if the namespace has them: `LatchID` and
	// `LatchStatus` (Keyword) and `LatchWaiting` (Bool), all three or none, and
	// `LatchWebhooks` (KeywordList). `starter setup` creates them.
	SearchAttributes bool `env:"LATCH_SEARCH_ATTRIBUTES"`
	// Report jobs and releases that are terminated or time out, by a workflow
	// `latch-ends-<task queue>`. The same for all workers of a task queue.
	Ends bool `env:"LATCH_ENDS" envDefault:"true"`
	// The public address of the HTTP API, for links to locks.
	APIURL string `env:"LATCH_API_URL"`
	// The address of Temporal UI, for links to the runs that a watch has found.
	TemporalUI string `env:"LATCH_TEMPORAL_UI_URL"`
	// Links to locks bear an HMAC, which opens a lock's page without an API key.
	LockLinks bool `env:"LATCH_LOCK_LINKS"`
	// The key of that HMAC, the same for worker and API; at least 16 bytes. By it
	// the API also proves to runs who votes about their locks, and who started them.
	LinkKey string `env:"LATCH_LINK_KEY"`
	// A file with the same. Set only one of the two.
	LinkKeyFile string `env:"LATCH_LINK_KEY_FILE"`
	// The URL that signed evidence of each release and gate is sent to once it
	// has closed.
	EvidenceWebhook string `env:"LATCH_EVIDENCE_WEBHOOK"`
	// The name of the secret that signs these requests.
	EvidenceSecret string `env:"LATCH_EVIDENCE_SECRET"`
	// The ed25519 private key, in PEM, that signs the evidence itself.
	EvidenceKey string `env:"LATCH_EVIDENCE_KEY"`
	// A file with the same. Set only one of the two.
	EvidenceKeyFile string `env:"LATCH_EVIDENCE_KEY_FILE"`
}

// API are the settings of starter serve.
type API struct {
	// Where the API listens. An address beyond loopback requires
	// `LATCH_API_KEYS`.
	Addr string `env:"LATCH_API_ADDR" envDefault:"127.0.0.1:7127"`
	// The public address of the API.
	URL string `env:"LATCH_API_URL"`
	// `system.fqdn`, as `/api/system` shows it. Default: the host of
	// `LATCH_API_URL`, else the host's name.
	FQDN string `env:"LATCH_FQDN"`
	// `system.environment`, as `/api/system` shows it.
	Environment string `env:"LATCH_ENVIRONMENT"`
	// `name[:role][@group+group]=key,…`. The role is `admin`, `run`, `lock` or `read`, and
	// defaults to `admin`; a key has at least 16 bytes. A name has one role and
	// may have several keys; records and the log show the name.
	Keys string `env:"LATCH_API_KEYS"`
	// A file with the same, separated by commas or line breaks. Set only one of the
	// two.
	KeysFile string `env:"LATCH_API_KEYS_FILE"`
	// The OpenID Connect issuer whose tokens and logins are accepted, beside API
	// keys: its `https://` address, as it stands in `iss`. It needs
	// `LATCH_OIDC_ROLES`, `LATCH_LINK_KEY`, and an audience, a client or both.
	OIDCIssuer string `env:"LATCH_OIDC_ISSUER"`
	// What `aud` of a program's token must contain. Without it, no tokens are
	// accepted.
	OIDCAudience string `env:"LATCH_OIDC_AUDIENCE"`
	// The client with which people log in. Its redirect URI is `LATCH_API_URL`
	// followed by `/login/answer`. Without it, nobody can.
	OIDCClientID string `env:"LATCH_OIDC_CLIENT_ID"`
	// The secret of that client. Default: a public client, with PKCE alone.
	OIDCClientSecret string `env:"LATCH_OIDC_CLIENT_SECRET"`
	// A file with the same. Set only one of the two.
	OIDCClientSecretFile string `env:"LATCH_OIDC_CLIENT_SECRET_FILE"`
	// The claim with a person's groups, a list or one text. `a.b` is the member
	// `b` of the claim `a`.
	OIDCGroupsClaim string `env:"LATCH_OIDC_GROUPS_CLAIM" envDefault:"groups"`
	// `group=role,…`: what the issuer's groups may do. A person has the greatest
	// role of their groups, and without one no access.
	OIDCRoles string `env:"LATCH_OIDC_ROLES"`
	// `address[@group+group],…`: who may decide about locks in chats, by the
	// e-mail address that the chat has confirmed, and their groups for
	// `approvals`.
	People string `env:"LATCH_PEOPLE"`
	// A file with the same, separated by commas or line breaks. Set only one of the
	// two.
	PeopleFile string `env:"LATCH_PEOPLE_FILE"`
	// The signing secret of the Slack app whose messages have buttons. Its
	// interactivity request URL is `LATCH_API_URL` followed by
	// `/latch/v1/integrations/slack`. It needs `LATCH_SLACK_BOT_TOKEN`,
	// `LATCH_PEOPLE`, `LATCH_LINK_KEY`, and API keys or an issuer.
	SlackSigningSecret string `env:"LATCH_SLACK_SIGNING_SECRET"`
	// A file with the same. Set only one of the two.
	SlackSigningSecretFile string `env:"LATCH_SLACK_SIGNING_SECRET_FILE"`
	// The token of that app's bot (`xoxb-…`), with the scopes `users:read` and
	// `users:read.email`.
	SlackBotToken string `env:"LATCH_SLACK_BOT_TOKEN"`
	// A file with the same. Set only one of the two.
	SlackBotTokenFile string `env:"LATCH_SLACK_BOT_TOKEN_FILE"`
	// Where Slack is: `https://slack-gov.com` for GovSlack.
	SlackURL string `env:"LATCH_SLACK_URL" envDefault:"https://slack.com"`
	// The URL of a proxy for calls to Slack: `http://`, `https://`, `socks5://` or
	// `socks5h://`. It resolves Slack's names.
	EgressProxy string `env:"LATCH_EGRESS_PROXY"`
	// CIDRs that may call, matched against the address of the connection.
	// Default: all.
	Allow []string `env:"LATCH_API_ALLOW"`
	// How many requests may call Temporal at once. One more is answered at once with 503
	// and `Retry-After`, and has done nothing.
	Calls int `env:"LATCH_API_CALLS" envDefault:"500"`
	// The file with the TLS certificate, in PEM.
	TLSCert string `env:"LATCH_API_TLS_CERT"`
	// The file with its private key, in PEM.
	TLSKey string `env:"LATCH_API_TLS_KEY"`
	// A link to a lock opens its page without an API key: anybody who has the
	// link may decide. The page then shows no error texts and no responses.
	LockLinks bool `env:"LATCH_LOCK_LINKS"`
	// The key of the links' HMAC, the same for worker and API; at least 16 bytes. By
	// it the API also proves to runs who votes about their locks, and who started
	// them, and it signs the sessions of `LATCH_OIDC_CLIENT_ID`.
	LinkKey string `env:"LATCH_LINK_KEY"`
	// A file with the same. Set only one of the two.
	LinkKeyFile string `env:"LATCH_LINK_KEY_FILE"`
	// The ed25519 private key, in PEM, that signs evidence of releases and
	// gates. Without it the API gives none.
	EvidenceKey string `env:"LATCH_EVIDENCE_KEY"`
	// A file with the same. Set only one of the two.
	EvidenceKeyFile string `env:"LATCH_EVIDENCE_KEY_FILE"`
	// The address of Temporal UI, for links from a lock's page.
	TemporalUI string `env:"LATCH_TEMPORAL_UI_URL"`
	// The address at which Temporal's server reaches this API. With it, runs that the
	// API starts carry a completion callback, so that watches learn of their close
	// at once. The server must allow the address.
	CompletionURL string `env:"LATCH_COMPLETION_CALLBACK_URL"`
	// Append what callers do and are refused to the audit, by a workflow `latch-audit-<task queue>`.
	Audit bool `env:"LATCH_AUDIT" envDefault:"true"`
	Log
}

// CodecServer are the settings of starter codec serve.
type CodecServer struct {
	// Where the codec server listens. An address beyond loopback requires
	// `LATCH_CODEC_TOKENS`.
	Addr string `env:"LATCH_CODEC_ADDR" envDefault:"127.0.0.1:7129"`
	// The origins of the pages that may call, such as Temporal UI's, separated
	// by commas.
	Origins []string `env:"LATCH_CODEC_ORIGINS"`
	// Tokens that callers may use, separated by commas; each has at least 16
	// bytes.
	Tokens string `env:"LATCH_CODEC_TOKENS"`
	// The file with the TLS certificate, in PEM.
	TLSCert string `env:"LATCH_CODEC_TLS_CERT"`
	// The file with its private key, in PEM.
	TLSKey string `env:"LATCH_CODEC_TLS_KEY"`
	Log
}

// Payloads are the settings of every program that reads or writes data in
// Temporal.
type Payloads struct {
	// `id=<base64 of 32 bytes>,…`: the first key encrypts the data in Temporal,
	// and all keys decrypt it.
	Keys string `env:"LATCH_PAYLOAD_KEYS"`
	// A file with the same, separated by commas or line breaks. Set only one of
	// the two.
	KeysFile string `env:"LATCH_PAYLOAD_KEYS_FILE"`
}

// CommandLine are the settings of the command line.
type CommandLine struct {
	// The task queue of Latch's worker. Default: `latch`.
	TaskQueue string `env:"LATCH_TASK_QUEUE"`
	// The address of the HTTP API that commands call instead of Temporal.
	API string `env:"LATCH_API"`
	// The key for that API.
	APIKey string `env:"LATCH_API_KEY"`
	// Append what a command does to Temporal to the audit, by a workflow `latch-audit-<task queue>`.
	Audit bool `env:"LATCH_AUDIT" envDefault:"true"`
	// The ed25519 private key, in PEM, by which starter evidence signs.
	EvidenceKey string `env:"LATCH_EVIDENCE_KEY"`
	// A file with the same. Set only one of the two.
	EvidenceKeyFile string `env:"LATCH_EVIDENCE_KEY_FILE"`
}

// sets lists all structs with settings, for Names.
var sets = []reflect.Type{
	reflect.TypeFor[Worker](), reflect.TypeFor[Plugin](), reflect.TypeFor[API](), reflect.TypeFor[CodecServer](), reflect.TypeFor[Payloads](), reflect.TypeFor[CommandLine](),
}
