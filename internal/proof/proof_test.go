package proof_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/proof"
)

// A proof is only valid for its text, its key and its time.
func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	key := []byte("0123456789abcdef")
	signed := proof.Sign(key, "text", now.Add(time.Hour))
	for name, test := range map[string]struct {
		key         []byte
		text, proof string
		at          time.Time
		valid       bool
	}{
		"its own":          {key, "text", signed, now, true},
		"its last second":  {key, "text", signed, now.Add(time.Hour - time.Second), true},
		"too late":         {key, "text", signed, now.Add(time.Hour), false},
		"another text":     {key, "texts", signed, now, false},
		"another key":      {[]byte("fedcba9876543210"), "text", signed, now, false},
		"no key":           {nil, "text", proof.Sign(nil, "text", now.Add(time.Hour)), now, false},
		"a longer life":    {key, "text", "z" + signed, now, false},
		"cut short":        {key, "text", signed[:len(signed)-1], now, false},
		"nothing":          {key, "text", "", now, false},
		"a moved boundary": {key, "t", signed + "ext", now, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.valid, proof.Verify(test.key, test.text, test.proof, test.at))
		})
	}
}
