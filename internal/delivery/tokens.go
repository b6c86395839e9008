package delivery

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// maximumTokens bounds how many tokens are kept.
const maximumTokens = 256

// A token is an access token, and until when it is used.
type token struct {
	text  string
	until time.Time
}

// tokens keeps access tokens. Those who ask for the same one at the same time
// wait for one fetch.
type tokens struct {
	mutex sync.Mutex
	known map[[sha256.Size]byte]*token
	// under are the fetches under way.
	under map[[sha256.Size]byte]*fetching
}

// A fetching is a fetch that several may wait for.
type fetching struct {
	done  chan struct{}
	token *token
	err   error
}

// get gives the token of a key, and whether it was fetched for this call. A
// fetch bounds its own time; it outlives the context of who began it, since
// others may wait for it too.
func (k *tokens) get(ctx context.Context, key [sha256.Size]byte, now func() time.Time, fetch func(context.Context) (*token, error)) (found *token, fetched bool, err error) {
	k.mutex.Lock()
	if kept := k.known[key]; kept != nil && now().Before(kept.until) {
		k.mutex.Unlock()
		return kept, false, nil
	}
	waiting := k.under[key]
	if waiting == nil {
		waiting = &fetching{done: make(chan struct{})}
		if k.under == nil {
			k.known, k.under = map[[sha256.Size]byte]*token{}, map[[sha256.Size]byte]*fetching{}
		}
		k.under[key] = waiting
		go k.fetch(context.WithoutCancel(ctx), key, waiting, now, fetch)
	}
	k.mutex.Unlock()
	select {
	case <-waiting.done:
		return waiting.token, true, waiting.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

func (k *tokens) fetch(ctx context.Context, key [sha256.Size]byte, waiting *fetching, now func() time.Time, fetch func(context.Context) (*token, error)) {
	waiting.token, waiting.err = fetch(ctx)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.under, key)
	delete(k.known, key)
	if waiting.err == nil {
		k.makeRoom(now())
		k.known[key] = waiting.token
	}
	close(waiting.done)
}

// makeRoom forgets tokens that have expired, and any one where that is not
// enough: it is only fetched again.
func (k *tokens) makeRoom(now time.Time) {
	for key, kept := range k.known {
		if !now.Before(kept.until) {
			delete(k.known, key)
		}
	}
	for key := range k.known {
		if len(k.known) < maximumTokens {
			return
		}
		delete(k.known, key)
	}
}

// drop forgets a token, unless another one has taken its place.
func (k *tokens) drop(key [sha256.Size]byte, used *token) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.known[key] == used {
		delete(k.known, key)
	}
}
