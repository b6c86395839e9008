package delivery

import (
	"context"
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// maximumTokens bounds how many tokens are kept. One that is forgotten is only
// fetched again.
const maximumTokens = 256

// A token is an access token, and until when it is used.
type token struct {
	text  string
	until time.Time
}

// A tokenKey is the same for grants that have the same outcome.
type tokenKey [sha256.Size]byte

// tokens keeps access tokens. Those who ask for the same one at the same time
// wait for one fetch.
type tokens struct {
	known    *lru.Cache[tokenKey, *token]
	fetching singleflight.Group
}

func newTokens() *tokens {
	known, _ := lru.New[tokenKey, *token](maximumTokens) // fails for a size of zero alone
	return &tokens{known: known}
}

// get returns the token of a key, and whether it was fetched for this call. A
// fetch bounds its own time; it outlives the context of who began it, since
// others may wait for it too.
func (k *tokens) get(ctx context.Context, key tokenKey, now func() time.Time,
	fetch func(context.Context) (*token, error)) (found *token, fetched bool, err error) {
	kept := func() *token {
		if found, ok := k.known.Get(key); ok && now().Before(found.until) {
			return found
		}
		return nil
	}
	if found := kept(); found != nil {
		return found, false, nil
	}
	ended := k.fetching.DoChan(string(key[:]), func() (any, error) {
		if found := kept(); found != nil { // another fetch has just ended
			return found, nil
		}
		k.known.Remove(key)
		found, err := fetch(context.WithoutCancel(ctx))
		if err == nil {
			k.known.Add(key, found)
		}
		return found, err
	})
	select {
	case result := <-ended:
		found, _ := result.Val.(*token)
		return found, true, result.Err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// drop forgets a token, unless another one has taken its place.
func (k *tokens) drop(key tokenKey, used *token) {
	if kept, _ := k.known.Peek(key); kept == used {
		k.known.Remove(key)
	}
}
