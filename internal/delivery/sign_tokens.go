package delivery

import (
	"context"
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// maximumTokens bounds how many tokens are kept. A forgotten one is fetched again.
const maximumTokens = 256

// A token is an access token with the time until which it is used.
type token struct {
	text  string
	until time.Time
}

// A tokenKey is equal for grants that have the same result.
type tokenKey [sha256.Size]byte

// tokens caches access tokens. Concurrent calls for the same token wait for one fetch.
type tokens struct {
	known    *lru.Cache[tokenKey, *token]
	fetching singleflight.Group
}

func newTokens() *tokens {
	known, _ := lru.New[tokenKey, *token](maximumTokens) // fails only for a size of zero
	return &tokens{known: known}
}

// get returns the token of a key, and whether it was fetched for this call. A fetch bounds its
// own time. It outlives the context of the call that began it, because others may wait for it
// too.
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

// drop forgets a token, unless another one has replaced it.
func (k *tokens) drop(key tokenKey, used *token) {
	if kept, _ := k.known.Peek(key); kept == used {
		k.known.Remove(key)
	}
}
