package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/slack"
)

const (
	// addressLife is how long an address is used before Slack is asked again.
	addressLife = 5 * time.Minute
	// maximumAddresses bounds the addresses that are kept.
	maximumAddresses = 1_000
)

// An acquaintance knows the addresses of Slack's users.
type acquaintance struct {
	slack *slack.Client
	now   func() time.Time

	mutex     sync.Mutex
	team      *slack.Team
	addresses *simplelru.LRU[string, known]
}

// A known is an address, and when Slack has said it.
type known struct {
	address string
	at      time.Time
}

func newAcquaintance(client *slack.Client, now func() time.Time) *acquaintance {
	addresses, err := simplelru.NewLRU[string, known](maximumAddresses, nil)
	if err != nil {
		panic("chat: the bound is positive") // an error in this file
	}
	return &acquaintance{slack: client, now: now, addresses: addresses}
}

// A strangerError says why a user of Slack is not somebody whose address is known.
type strangerError struct{ reason string }

// Error says why.
func (e *strangerError) Error() string { return e.reason }

// addressOf returns the confirmed e-mail address of a user. Its error is a [*strangerError], or
// says that Slack could not be asked.
func (k *acquaintance) addressOf(ctx context.Context, id string) (string, error) {
	k.mutex.Lock()
	found, has := k.addresses.Get(id)
	k.mutex.Unlock()
	if has && k.now().Sub(found.at) < addressLife {
		return found.address, nil
	}
	team, err := k.ownTeam(ctx)
	if err != nil {
		return "", err
	}
	user, err := k.slack.User(ctx, id)
	if err != nil {
		return "", err
	}
	if err := check(team, user); err != nil {
		return "", err
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.addresses.Add(id, known{user.Profile.Email, k.now()})
	return user.Profile.Email, nil
}

// check returns an error for a user whose address says nothing about who clicked. Another company,
// with which a channel is shared, could give its people any address.
func check(team slack.Team, user *slack.User) error {
	switch {
	case !team.Has(user):
		return &strangerError{"You are not a member of the workspace to which this app belongs."}
	case user.Deleted || user.IsBot:
		return &strangerError{"This is not the account of a person who is active."}
	case user.Profile.Email == "":
		return &strangerError{"Slack tells no e-mail address of yours. The app needs the scopes users:read and users:read.email."}
	case !user.EmailConfirmed:
		return &strangerError{"Slack has not confirmed your e-mail address."}
	}
	return nil
}

// ownTeam returns the team of the app's token.
func (k *acquaintance) ownTeam(ctx context.Context) (slack.Team, error) {
	k.mutex.Lock()
	team := k.team
	k.mutex.Unlock()
	if team != nil {
		return *team, nil
	}
	found, err := k.slack.Team(ctx)
	if err != nil {
		return slack.Team{}, err
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.team = &found
	return found, nil
}

// person returns who has asked at a time, or why they may not decide here.
func (a *app) person(ctx context.Context, id string, asked time.Time) (*api.Caller, string) {
	address, err := a.known.addressOf(ctx, id)
	var stranger *strangerError
	switch {
	case errors.As(err, &stranger):
		return nil, stranger.reason
	case err != nil:
		a.core.Logger.WarnContext(ctx, "Slack does not say who clicked", "error", err)
		return nil, "Slack could not be asked who you are, so nothing was changed. Try again later."
	}
	who := a.people.Caller(address, latch.IdentifiedBySlack, asked)
	if who == nil {
		return nil, fmt.Sprintf("%s may not decide here: LATCH_PEOPLE does not name this address.", address)
	}
	return who, ""
}

// noteStranger has the audit say that somebody tried to decide about a lock who may not.
func (a *app) noteStranger(ctx context.Context, lock, refused string) {
	a.core.NoteRefused(ctx, nil, latch.AuditLockRelease, latch.ViaSlack, lock, api.NewProblem(http.StatusForbidden, "%s", refused))
}
