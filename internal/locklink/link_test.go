package locklink_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/locklink"
)

var (
	key   = []byte("0123456789abcdef")
	other = []byte("fedcba9876543210")
)

// Contract, "Settings": a lock's link has an HMAC by the key, and only opens that lock's page.
func TestVerify(t *testing.T) {
	t.Parallel()
	const token = "release-1:board:abc"
	signature := locklink.Sign(key, token)
	for _, test := range []struct {
		name, token, signature string
		key                    []byte
		valid                  bool
	}{
		{"its own", token, signature, key, true},
		{"another lock", token + "d", signature, key, false},
		{"another key", token, signature, other, false},
		{"no key", token, locklink.Sign(nil, token), nil, false},
		{"no signature", token, "", key, false},
		{"no base64", token, "!", key, false},
		{"cut short", token, signature[:20], key, false},
		{"lengthened", token, signature + "A", key, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.valid, locklink.Verify(test.key, test.token, test.signature))
		})
	}
}

// Contract, "HTTP API": in a path a token is percent-encoded.
func TestURL(t *testing.T) {
	t.Parallel()
	const token = "seq/job 1:board:abc"
	require.Equal(t, "https://latch.example.com/in/locks/seq%2Fjob%201:board:abc", locklink.URL("https://latch.example.com/in/", token, nil))
	signed, err := url.Parse(locklink.URL("https://latch.example.com", token, key))
	require.NoError(t, err)
	require.True(t, locklink.Verify(key, token, signed.Query().Get(locklink.Parameter)))
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	require.NoError(t, locklink.CheckKey(key))
	require.ErrorContains(t, locklink.CheckKey([]byte("hush")), "at least 16 bytes")
	require.NotContains(t, locklink.CheckKey([]byte("hush")).Error(), "hush")
}

// A choice is added to a link with and without an HMAC, and leaves the HMAC as it is.
func TestWithChoice(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://latch.example.com/locks/t?choice=approve",
		locklink.WithChoice(locklink.URL("https://latch.example.com", "t", nil), locklink.ChoiceApprove))
	address, err := url.Parse(locklink.WithChoice(locklink.URL("https://latch.example.com", "t", key), locklink.ChoiceReject))
	require.NoError(t, err)
	require.Equal(t, "reject", address.Query().Get(locklink.ChoiceParameter))
	require.True(t, locklink.Verify(key, "t", address.Query().Get(locklink.Parameter)))
}
