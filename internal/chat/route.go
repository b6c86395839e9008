package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/slack"
)

// slackPath is where Slack sends what people do (its "Request URL").
const slackPath = "/latch/v1/integrations/slack"

// Options configure the route. Without a client it answers 404.
type Options struct {
	// SigningSecret is the one of Slack's app.
	SigningSecret []byte
	// Client calls Slack as that app.
	Client *slack.Client
	// People are those who may decide.
	People api.People
	// Patience is how long an answer waits for its outcome; 2 seconds if 0. Slack takes no
	// answer after three.
	Patience time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Bounds of a request.
const (
	maximumBody = 1 << 20
	// patience is how long an answer waits for its outcome.
	patience = 2 * time.Second
	// workTimeout bounds what is done about a request, before and after the answer.
	workTimeout = 30 * time.Second
	// maximumAtOnce bounds the requests about which something is done.
	maximumAtOnce = 100
)

// An app is Slack's app, as the route knows it.
type app struct {
	core     *api.API
	secret   []byte
	slack    *slack.Client
	people   api.People
	patience time.Duration
	now      func() time.Time
	seen     *memory
	known    *acquaintance
	// places has room for the requests about which something is done.
	places chan struct{}
}

// Routes returns the route.
func Routes(options Options) api.Routes {
	return func(core *api.API) {
		a := &app{core: core, secret: options.SigningSecret, slack: options.Client, people: options.People,
			patience: cmp.Or(options.Patience, patience), now: options.Now, seen: newMemory(),
			places: make(chan struct{}, maximumAtOnce)}
		if a.now == nil {
			a.now = time.Now
		}
		a.known = newAcquaintance(a.slack, a.now)
		core.Handle(operation, slackPath, a.receive)
	}
}

// operation describes the route.
var operation = api.Operation{ID: "slack-interaction", Method: http.MethodPost, Act: api.NotAct, Path: slackPath, Public: true,
	Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	Summary: "Take what somebody clicked in Slack",
	About: "The interactivity request URL of a Slack app: a form with the field payload. It needs no key: Slack's signature " +
		"(X-Slack-Signature, X-Slack-Request-Timestamp) proves the sender, and counts once, within five minutes. " +
		"What comes of a click is told in Slack. 404 without LATCH_SLACK_SIGNING_SECRET."}

// receive takes a request of Slack's, and answers it in the three seconds that Slack waits. What
// is not done by then goes on.
func (a *app) receive(w http.ResponseWriter, r *http.Request) {
	if a.slack == nil || len(a.secret) == 0 {
		api.WriteProblem(w, api.NewProblem(http.StatusNotFound,
			"Nothing is taken from Slack here: LATCH_SLACK_SIGNING_SECRET is not set."))
		return
	}
	body, refused := read(w, r)
	if refused == nil {
		refused = a.take(w, r, body)
	}
	if refused != nil {
		api.WriteProblem(w, refused)
	}
}

// take verifies a request and answers it.
func (a *app) take(w http.ResponseWriter, r *http.Request, body []byte) *api.Problem {
	sent, refused := a.verify(r, body)
	if refused != nil {
		return refused
	}
	done, err := slack.ParseInteraction(body)
	if err != nil {
		return api.NewProblem(http.StatusBadRequest, "The request cannot be read: %v.", err)
	}
	select {
	case a.places <- struct{}{}:
	default:
		return api.NewProblem(http.StatusServiceUnavailable, "Too many clicks at once. Try again.")
	}
	answered := a.start(r.Context(), done, sent)
	select {
	case reply := <-answered.reply:
		write(w, reply)
	case <-time.After(a.patience):
		if reply, came := answered.miss(); came {
			write(w, reply)
			break
		}
		w.WriteHeader(http.StatusOK)
	}
	return nil
}

// read reads the body, whose signature covers each byte.
func read(w http.ResponseWriter, r *http.Request) ([]byte, *api.Problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maximumBody))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, api.NewProblem(http.StatusRequestEntityTooLarge, "The body has more than %d bytes.", maximumBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, api.NewProblem(http.StatusRequestTimeout, "The body took too long to arrive.")
	default:
		return nil, api.NewProblem(http.StatusBadRequest, "The body cannot be read.")
	}
}

// signer is Slack's name among those who prove themselves to the API.
const signer = "slack"

// verify checks that Slack has signed the request, lately and not before, and returns when.
func (a *app) verify(r *http.Request, body []byte) (time.Time, *api.Problem) {
	sent, err := slack.Verify(a.secret, body, r.Header, a.now())
	// Whoever guesses is slowed down. A right signature is no guess.
	if err != nil && !errors.Is(err, slack.ErrLate) {
		if refused := a.core.Attempt(r.RemoteAddr, "", "wrong signatures"); refused != nil {
			return sent, refused
		}
	}
	if err != nil {
		refused := api.NewProblem(http.StatusUnauthorized, "This is not taken for a request of Slack's: %v.", err)
		a.core.NoteRefused(r.Context(), nil, latch.AuditAccess, latch.ViaSlack, "", refused)
		return sent, refused
	}
	api.NoteCaller(r, signer)
	if !a.seen.add(r.Header.Get(slack.SignatureHeader), a.now()) {
		return sent, api.NewProblem(http.StatusConflict, "This request was taken before, and counts once.")
	}
	return sent, nil
}

// A reply answers a request. The zero value says that it was taken.
type reply struct {
	// body is JSON, or nil.
	body any
	// late sends the person what body says, if body was ready too late to be the response. It
	// is nil if body says nothing.
	late func(context.Context)
	// after is done once the answer is written; nil for nothing.
	after func(context.Context)
}

// An answered is a request about which something is done.
type answered struct {
	reply  chan reply
	mutex  sync.Mutex
	missed bool
}

// start begins to do something about a request. It goes on when the sender has its answer, or
// does not wait for it.
func (a *app) start(ctx context.Context, done *slack.Interaction, sent time.Time) *answered {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
	answered := &answered{reply: make(chan reply, 1)}
	go func() {
		defer func() {
			if failure := recover(); failure != nil {
				a.core.Logger.ErrorContext(ctx, "a click in Slack failed", "panic", failure)
				a.tell(ctx, done.ResponseURL, "Internal error: it is not known what came of this. The API's log has the details.")
			}
			cancel()
			<-a.places
		}()
		reply := a.do(ctx, done, sent)
		if !answered.give(reply) && reply.late != nil {
			reply.late(ctx)
		}
		if reply.after != nil {
			reply.after(ctx)
		}
	}()
	return answered
}

// give gives the reply to whoever waits for it. It returns false if nobody does.
func (w *answered) give(given reply) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.missed {
		return false
	}
	w.reply <- given
	return true
}

// miss ends the wait. It returns a reply that has come just now.
func (w *answered) miss() (reply, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.missed = true
	select {
	case given := <-w.reply:
		return given, true
	default:
		return reply{}, false
	}
}

func write(w http.ResponseWriter, given reply) {
	if given.body == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(given.body) // Slack has gone away
}

// do does what somebody asks for. What is none of Latch's, such as another button of the
// message, is only acknowledged.
func (a *app) do(ctx context.Context, done *slack.Interaction, sent time.Time) reply {
	switch done.Type {
	case slack.BlockActions:
		for _, action := range done.Actions {
			if vote := votes[action.ID]; vote != "" {
				a.click(ctx, done, action, vote, sent)
				break
			}
		}
	case slack.ViewSubmission:
		if done.View.CallbackID == approveForm {
			return a.submit(ctx, done, sent)
		}
	}
	return reply{}
}
