package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// What the server takes for its own.
const (
	BotToken = "xoxb-test-0123456789"
	Team     = "T0123TEAM"
)

// A Slack is a server that stands for Slack. Its fields may be changed before it is called.
type Slack struct {
	URL string
	// Users are those that users.info knows, by their ids.
	Users map[string]User
	// Away has each call fail with this status, unless it is 0.
	Away int

	mutex sync.Mutex
	calls []Call
}

// A User is what users.info answers about a member of the team. Change may change the answer.
type User struct {
	Email  string
	Change func(user map[string]any)
}

// A Call is one that the server got.
type Call struct {
	// Path is that of the method, such as /api/users.info, or of the response_url.
	Path, Authorization string
	// Body is that of the call, if it is JSON.
	Body map[string]any
}

// New starts a server, which ends with the test.
func New(t testing.TB) *Slack {
	t.Helper()
	s := &Slack{Users: map[string]User{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// ResponseURL is where the server takes answers to clicks.
func (s *Slack) ResponseURL() string { return s.URL + "/actions/T0123TEAM/4242/abcDEF" }

// Calls returns the calls of paths with a prefix so far.
func (s *Slack) Calls(prefix string) []Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []Call
	for _, call := range s.calls {
		if strings.HasPrefix(call.Path, prefix) {
			found = append(found, call)
		}
	}
	return found
}

// Responses returns the answers to clicks so far.
func (s *Slack) Responses() []Call { return s.Calls("/actions/") }

func (s *Slack) serve(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	call := Call{Path: r.URL.Path, Authorization: r.Header.Get("Authorization")}
	form := string(text)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		_ = json.Unmarshal(text, &call.Body)
	}
	s.mutex.Lock()
	s.calls = append(s.calls, call)
	away := s.Away
	s.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch {
	case away != 0:
		w.WriteHeader(away)
	case strings.HasPrefix(r.URL.Path, "/actions/"):
		_, _ = io.WriteString(w, "ok")
	case call.Authorization != "Bearer "+BotToken:
		answer(w, map[string]any{"ok": false, "error": "invalid_auth"})
	case r.URL.Path == "/api/auth.test":
		answer(w, map[string]any{"ok": true, "url": "https://example.slack.com/", "team": "Example", "team_id": Team,
			"user_id": "U0BOT", "bot_id": "B0BOT"})
	case r.URL.Path == "/api/users.info":
		s.user(w, strings.TrimPrefix(form, "user="))
	case r.URL.Path == "/api/views.open":
		answer(w, map[string]any{"ok": true, "view": map[string]any{"id": "V0123"}})
	default:
		answer(w, map[string]any{"ok": false, "error": "unknown_method"})
	}
}

func (s *Slack) user(w http.ResponseWriter, id string) {
	known, is := s.Users[id]
	if !is {
		answer(w, map[string]any{"ok": false, "error": "user_not_found"})
		return
	}
	user := map[string]any{"id": id, "team_id": Team, "name": "someone", "deleted": false, "is_bot": false, "is_app_user": false,
		"is_email_confirmed": true, "profile": map[string]any{"real_name": "Some One", "email": known.Email}}
	if known.Change != nil {
		known.Change(user)
	}
	answer(w, map[string]any{"ok": true, "user": user})
}

func answer(w http.ResponseWriter, body any) { _ = json.NewEncoder(w).Encode(body) }
