package latch_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// FuzzDecodeRelease: no input causes a panic, an error is Problems with a message each, and an
// admitted release is admitted again after Go has encoded it.
func FuzzDecodeRelease(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{`, `{"id":1,"steps":[` + step + `]}`, aRelease(`"vars":{"a":[1e400,null]}`), aRelease(`"webhooks":[null,5,{}]`),
		aRelease(atEvent("BEFORE_RELEASE", `,"blocking":true,"lock_timeout":"1h","stop_release":"true"`)),
		aRelease(aHook(`"event":"A","retry":{"maximum_attempts":1e3,"backoff_coefficient":1.5}`)), "{\"id\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		release, err := latch.DecodeRelease(data)
		if err != nil {
			for _, line := range problemsOf(t, err) {
				require.NotEmpty(t, line)
			}
			return
		}
		encoded, err := json.Marshal(release)
		require.NoError(t, err)
		again, err := latch.DecodeRelease(encoded)
		require.NoError(t, err, "%s", encoded)
		require.Equal(t, len(release.Steps), len(again.Steps))
	})
}
