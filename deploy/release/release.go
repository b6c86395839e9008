package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// checksums is the name of the list of checksums, as sha256sum -c reads it.
const checksums = "SHA256SUMS"

// release builds the commit of the repository's checkout for the platforms, and returns
// the files in out.
func release(ctx context.Context, repository, out string, platforms []string) ([]string, error) {
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("-out: the folder %q has files already", out)
	}
	scratch, err := os.MkdirTemp("", "latch-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	source, err := checkout(ctx, repository, scratch)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	var files []string
	for _, platform := range platforms {
		file, err := source.build(ctx, platform, out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", platform, err)
		}
		files = append(files, file)
	}
	for _, program := range []string{"worker", "starter"} {
		list, err := source.modules(ctx, program, out)
		if err != nil {
			return nil, fmt.Errorf("list of the modules of %s: %w", program, err)
		}
		files = append(files, list)
	}
	return append(files, checksums), writeChecksums(out, files)
}

// A source is a clone of a commit.
type source struct {
	dir string
	// version is Latch's, in that commit.
	version string
	// time is the commit's, which all that is written bears.
	time time.Time
}

// checkout clones the commit that a repository has checked out.
func checkout(ctx context.Context, repository, into string) (*source, error) {
	dir := filepath.Join(into, "latch")
	root, err := run(ctx, repository, nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	commit, err := run(ctx, root, nil, "git", "rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	if _, err := run(ctx, into, nil, "git", "clone", "--quiet", "--no-checkout", root, dir); err != nil {
		return nil, err
	}
	if _, err := run(ctx, dir, nil, "git", "checkout", "--quiet", "--detach", commit); err != nil {
		return nil, err
	}
	committed, err := run(ctx, dir, nil, "git", "show", "--no-patch", "--format=%cI", "HEAD")
	if err != nil {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339, committed)
	if err != nil {
		return nil, err
	}
	names, err := os.ReadFile(filepath.Join(dir, "names.go"))
	if err != nil {
		return nil, err
	}
	version := regexp.MustCompile(`(?m)^const Version = "([^"]+)"$`).FindSubmatch(names)
	if version == nil {
		return nil, errors.New("names.go has no Version")
	}
	return &source{dir: dir, version: string(version[1]), time: at.UTC()}, nil
}

// build builds both programs for a platform, and returns the name of their archive.
func (s *source) build(ctx context.Context, platform, out string) (string, error) {
	system, architecture, found := strings.Cut(platform, "/")
	if !found {
		return "", errors.New("not of the form GOOS/GOARCH, such as linux/amd64")
	}
	programs, err := os.MkdirTemp(filepath.Dir(s.dir), "programs-")
	if err != nil {
		return "", err
	}
	environ := []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + architecture, "GOFLAGS="}
	if _, err := run(ctx, s.dir, environ, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w",
		"-o", programs+string(filepath.Separator), "./worker", "./starter"); err != nil {
		return "", err
	}
	name := fmt.Sprintf("latch_%s_%s_%s", s.version, system, architecture)
	entries, err := filepath.Glob(filepath.Join(programs, "*"))
	if err != nil {
		return "", err
	}
	entries = append(entries, filepath.Join(s.dir, "README.md"))
	slices.Sort(entries)
	if system == "windows" {
		return name + ".zip", writeZip(filepath.Join(out, name+".zip"), name, entries, s.time)
	}
	return name + ".tar.gz", writeTar(filepath.Join(out, name+".tar.gz"), name, entries, s.time)
}

func writeChecksums(out string, files []string) error {
	var list strings.Builder
	for _, file := range slices.Sorted(slices.Values(files)) {
		text, err := os.ReadFile(filepath.Join(out, file))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(text), file)
	}
	return os.WriteFile(filepath.Join(out, checksums), []byte(list.String()), 0o644)
}

// run returns what a command prints, without the end of its last line.
func run(ctx context.Context, dir string, environ []string, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), environ...)
	out, err := command.Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}
