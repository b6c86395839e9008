package postgres

import (
	"context"
	"errors"
	"os"
	"testing"
)

// Need skips the test where PostgreSQL is not installed. In CI, which installs it, the test
// goes on and fails.
func Need(t testing.TB) {
	t.Helper()
	if _, err := Programs(); errors.Is(err, ErrNotInstalled) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
}

// New starts PostgreSQL for a test that needs it, and ends it with the test.
func New(ctx context.Context, t testing.TB) *Server {
	t.Helper()
	Need(t)
	s, err := Start(ctx, Folder(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Folder returns a temporary folder to which the user postgres has access, unlike t.TempDir's.
func Folder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "latch-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}
