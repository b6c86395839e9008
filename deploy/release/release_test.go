package main

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// committed returns a repository with this checkout's files in one commit, which stands for the
// checkout of a release, because this one may not be a git checkout.
func committed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const root = "../.."
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case slices.Contains([]string{".git", "bin", "dist", "testsuite", "node_modules", ".data"}, name):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o644)
	}))
	environ := []string{"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z", "GIT_CONFIG_GLOBAL=/dev/null"}
	for _, call := range []string{"init --quiet", "add --all", "-c user.name=a -c user.email=a@example.com commit --quiet --message all"} {
		_, err := run(t.Context(), dir, environ, "git", strings.Fields(call)...)
		require.NoError(t, err)
	}
	return dir
}

// Windows gets a zip with the files and the time that are given.
func TestWindowsGetsAZip(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	program := filepath.Join(dir, "worker.exe")
	require.NoError(t, os.WriteFile(program, []byte("MZ"), 0o600))
	name := filepath.Join(dir, "latch.zip")
	require.NoError(t, writeZip(name, "latch", []string{program}, at))
	archive, err := zip.OpenReader(name)
	require.NoError(t, err)
	defer archive.Close()
	require.Len(t, archive.File, 1)
	require.Equal(t, "latch/worker.exe", archive.File[0].Name)
	require.True(t, at.Equal(archive.File[0].Modified))
}

// A platform that is not one, a folder with files and a folder without git each get an
// error that names them.
func TestWhatARoundOfAReleaseRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "latch"), nil, 0o600))
	_, err := release(t.Context(), ".", full, nil)
	require.ErrorContains(t, err, "has files already")
	_, err = release(t.Context(), t.TempDir(), t.TempDir(), nil)
	require.ErrorContains(t, err, "not a git repository")
	_, err = (&source{dir: filepath.Join(t.TempDir(), "latch")}).build(t.Context(), "linux", "")
	require.ErrorContains(t, err, "such as linux/amd64")
}

// The list of modules contains each linked module, with its version, and is always the same.
func TestTheListOfModules(t *testing.T) {
	t.Parallel()
	if _, err := run(t.Context(), t.TempDir(), nil, "go", "mod", "download",
		strings.Replace(lister, "/cmd/cyclonedx-gomod", "", 1)); err != nil && os.Getenv("CI") == "" {
		t.Skipf("cyclonedx-gomod cannot be fetched: %v", err)
	}
	from, err := checkout(t.Context(), committed(t), t.TempDir())
	require.NoError(t, err)
	out := t.TempDir()
	name, err := from.modules(t.Context(), "worker", out)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(out, name))
	require.NoError(t, err)
	var list struct {
		BOMFormat  string
		Metadata   struct{ Timestamp string }
		Components []struct{ Name, Version, PURL string }
	}
	require.NoError(t, json.Unmarshal(text, &list))
	require.Equal(t, "CycloneDX", list.BOMFormat)
	require.Equal(t, "2026-01-02T03:04:05Z", list.Metadata.Timestamp)
	found := map[string]string{}
	for _, each := range list.Components {
		found[each.Name] = each.Version
	}
	linked, err := run(t.Context(), from.dir, []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}, "go", "list",
		"-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}{{end}}{{end}}", "./worker")
	require.NoError(t, err)
	require.NotEmpty(t, linked)
	for line := range strings.Lines(linked) {
		path, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		if path != "" {
			require.Equal(t, version, found[path], path)
		}
	}
	require.Contains(t, found, "std")
}
