package codecserver

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/guess"
	"github.com/latch-run/latch/internal/httpurl"
	"github.com/latch-run/latch/internal/loopback"
	"github.com/latch-run/latch/internal/settings"
)

const (
	// maximumBody bounds a request, in bytes: several of Temporal's largest
	// payloads, in base64.
	maximumBody = 16 << 20
	// preflightAge is how long a browser may cache a preflight, in seconds.
	preflightAge = "600"
)

// Options configure the server.
type Options struct {
	Codec converter.PayloadCodec
	// Tokens are the accepted tokens. Without any, only requests to a loopback
	// host are served; see [CheckAddress].
	Tokens []Token
	// Origins are the origins of web pages that may call, such as
	// "https://temporal.example.com". A request without an Origin does not come
	// from a web page.
	Origins []string
	// Logger logs one line per request; nil logs nothing.
	Logger *slog.Logger
}

// New returns the server's handler.
func New(options Options) http.Handler {
	s := &server{Options: options, guesses: guess.New(), local: loopback.NewGuard("", options.Origins...)}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.Handle("/", s.log(s.guard(converter.NewPayloadCodecHTTPHandler(options.Codec))))
	return mux
}

type server struct {
	Options
	guesses *guess.Limiter
	// local guards a server without tokens.
	local *loopback.Guard
}

// health reports that the process is up.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if refusal := s.checkLocal(r); refusal != "" {
		http.Error(w, refusal, http.StatusForbidden)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // the caller has gone away
}

// checkLocal rejects requests to a server without tokens unless they come from
// this machine and not from another site's web page, including a page that
// reaches it by a host name of its own.
func (s *server) checkLocal(r *http.Request) string {
	if len(s.Tokens) > 0 {
		return ""
	}
	if err := s.local.CheckHost(r); err != nil {
		return fmt.Sprintf("Without tokens %v; LATCH_CODEC_TOKENS sets tokens.", err)
	}
	if err := s.local.CheckPage(r); err != nil {
		return fmt.Sprintf("Without tokens %v; LATCH_CODEC_ORIGINS lists the pages that may call.", err)
	}
	return ""
}

// guard answers preflights, and passes on requests from callers who are
// allowed.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Vary", "Origin")
		if status, refusal := s.checkOrigin(r); refusal != "" {
			http.Error(w, refusal, status)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true") // for a proxy in front of the server, which itself accepts none
		}
		if r.Method == http.MethodOptions {
			answerPreflight(w, r)
			return
		}
		if wait := s.slowed(r); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			http.Error(w, "Too many unknown tokens came from this address.", http.StatusTooManyRequests)
			return
		}
		if status, refusal := s.checkCaller(r); refusal != "" {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			http.Error(w, refusal, status)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maximumBody)
		next.ServeHTTP(w, r)
	})
}

// checkOrigin rejects web pages of other origins.
func (s *server) checkOrigin(r *http.Request) (int, string) {
	if refusal := s.checkLocal(r); refusal != "" {
		return http.StatusForbidden, refusal
	}
	origins := r.Header.Values("Origin")
	if len(origins) > 1 || len(origins) == 1 && !slices.ContainsFunc(s.Origins, func(o string) bool { return strings.EqualFold(o, origins[0]) }) {
		return http.StatusForbidden, fmt.Sprintf("Web pages of %q may not call; LATCH_CODEC_ORIGINS lists those that may.", strings.Join(origins, ", "))
	}
	return 0, ""
}

// slowed returns how long the caller must wait because too many unknown tokens
// came from its address.
func (s *server) slowed(r *http.Request) time.Duration {
	given := bearer(r)
	if len(s.Tokens) == 0 || given == "" {
		return 0
	}
	id, _ := knows(s.Tokens, given)
	return s.guesses.Attempt(r.RemoteAddr, id)
}

// checkCaller requires a token if there are any, and JSON, which a web page
// cannot send without a preflight.
func (s *server) checkCaller(r *http.Request) (int, string) {
	if len(s.Tokens) > 0 {
		if _, known := knows(s.Tokens, bearer(r)); !known {
			return http.StatusUnauthorized, "A token is needed, as Authorization: Bearer …"
		}
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && media != "application/json" {
		return http.StatusUnsupportedMediaType, "A body is taken as application/json only: send Content-Type: application/json."
	}
	return 0, ""
}

func answerPreflight(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
	w.Header().Set("Access-Control-Max-Age", preflightAge)
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" { // a page of another site that calls this machine
		w.Header().Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
}

// A visit is one request as it is logged.
type visit struct {
	http.ResponseWriter
	status int
}

// WriteHeader records the status.
func (v *visit) WriteHeader(status int) {
	v.status = status
	v.ResponseWriter.WriteHeader(status)
}

func (s *server) log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, began := &visit{w, http.StatusOK}, time.Now()
		next.ServeHTTP(v, r)
		s.Logger.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.EscapedPath(), "status", v.status,
			"duration_ms", time.Since(began).Milliseconds(), "namespace", r.Header.Get("X-Namespace"), "remote", r.RemoteAddr)
	})
}

// CheckAddress returns an error for listening beyond loopback without tokens.
func CheckAddress(address string, tokens []Token) error {
	if err := settings.CheckAddress(address); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(address)
	if len(tokens) == 0 && !loopback.Is(host) {
		return fmt.Errorf("%q is not loopback: set LATCH_CODEC_TOKENS, or listen on 127.0.0.1", address)
	}
	return nil
}

// CheckOrigins returns an error for each text that no browser sends as an
// Origin.
func CheckOrigins(origins []string) error {
	var problems []error
	for _, origin := range origins {
		parsed, err := httpurl.Parse(origin)
		if err != nil || origin != parsed.Scheme+"://"+parsed.Host {
			problems = append(problems, fmt.Errorf("%q is not an origin such as https://temporal.example.com or http://127.0.0.1:8233, without a path", origin))
		}
	}
	return errors.Join(problems...)
}
