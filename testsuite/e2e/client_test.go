package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	_ "github.com/oapi-codegen/runtime" // generated clients use it
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "HTTP API": a client generated from /openapi.json by a public generator compiles,
// starts a release, removes its lock and reads its history.
func TestGeneratedClient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	directory := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	run := func(name string, arguments ...string) []byte {
		command := exec.CommandContext(b.ctx, name, arguments...)
		output, err := command.Output()
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			require.NoError(t, err, "%s %v: %s", name, arguments, failed.Stderr)
		}
		require.NoError(t, err)
		return output
	}
	described := file("openapi.json", s.call("GET", "/openapi.json", "").body)
	generated := filepath.Join(directory, "client.gen.go")
	run("go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "main", "-o", generated, described)

	beside, err := filepath.Abs("testdata/client/client.gen.go")
	require.NoError(t, err)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{beside: generated}})
	require.NoError(t, err)
	client := filepath.Join(directory, "client")
	run("go", "build", "-overlay", file("overlay.json", string(overlay)), "-o", client, "./testdata/client")

	var released struct {
		Status  string
		History []latch.Record
	}
	require.NoError(t, json.Unmarshal(run(client, s.url, "admin-key=1-0123456789", "generated-"+b.queue), &released))
	require.Equal(t, latch.ReleaseReleased, released.Status)
	require.Len(t, released.History, 1)
	require.Equal(t, "looks good", released.History[0].Lock.Reason)
	require.Equal(t, "ann", released.History[0].Lock.RemovedBy)
	require.Equal(t, latch.ViaAPI, released.History[0].Lock.Via)
}
