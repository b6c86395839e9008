//go:build !race

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Two builds of a commit in different folders produce the same archive, whose programs contain
// the commit and its time. Uncommitted changes are not in it.
func TestABuildIsReproducible(t *testing.T) {
	t.Parallel()
	repository := committed(t)
	commit, err := run(t.Context(), repository, nil, "git", "rev-parse", "HEAD")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(repository, "starter", "changed.go"), []byte("package broken"), 0o600))
	platform := runtime.GOOS + "/" + runtime.GOARCH
	var sums []string
	var out, name string
	for range 2 {
		out = t.TempDir()
		from, err := checkout(t.Context(), repository, t.TempDir())
		require.NoError(t, err)
		name, err = from.build(t.Context(), platform, out)
		require.NoError(t, err)
		require.NoError(t, writeChecksums(out, []string{name}))
		list, err := os.ReadFile(filepath.Join(out, checksums))
		require.NoError(t, err)
		sums = append(sums, string(list))
	}
	require.Equal(t, sums[0], sums[1])
	require.Regexp(t, `^[0-9a-f]{64}  latch_`+latch.Version+`_\w+\.tar\.gz\n$`, sums[0])
	programs := unpacked(t, filepath.Join(out, name))
	for _, program := range []string{"worker", "starter"} {
		said, err := exec.CommandContext(t.Context(), programs[program], "--version").Output()
		require.NoError(t, err)
		require.Contains(t, string(said), "latch "+latch.Version+" (commit "+commit[:12]+", 2026-01-02T03:04:05Z, ")
	}
	require.Contains(t, programs, "README.md")
}

// unpacked returns the files of an archive by their names.
func unpacked(t *testing.T, name string) map[string]string {
	t.Helper()
	file, err := os.Open(name)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	into, files := t.TempDir(), map[string]string{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		require.NoError(t, err)
		require.Equal(t, strings.TrimSuffix(filepath.Base(name), ".tar.gz"), filepath.Dir(header.Name))
		text, err := io.ReadAll(archive)
		require.NoError(t, err)
		base := filepath.Base(header.Name)
		files[base] = filepath.Join(into, base)
		require.NoError(t, os.WriteFile(files[base], text, header.FileInfo().Mode()))
	}
}
