package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Builder builds commands of one module into a temporary folder, each once.
// Its methods may be called from any goroutine.
type Builder struct {
	moduleDir string
	race      bool
	folder    string

	mu    sync.Mutex
	built map[string]*build
}

// build is the build of one package. done is closed when the other fields are set.
type build struct {
	done   chan struct{}
	binary string
	err    error
}

// NewBuilder returns a builder for the module in a folder. With race, its commands include the
// race detector, which needs a C compiler. Close removes the builds.
func NewBuilder(moduleDir string, race bool) (*Builder, error) {
	folder, err := os.MkdirTemp("", "latch-commands-")
	if err != nil {
		return nil, fmt.Errorf("process: folder for commands: %w", err)
	}
	return &Builder{moduleDir: moduleDir, race: race, folder: folder, built: map[string]*build{}}, nil
}

// ModuleDir returns the folder of a module that is, or is required by, the module in the
// working folder. The error for a program that was started elsewhere says where to start it.
func ModuleDir(ctx context.Context, module string) (string, error) {
	out, err := goTool(ctx, "", "list", "-m", "-f", "{{.Dir}}", module)
	dir := strings.TrimSpace(out)
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("the commands of %s are built here, and no go is in PATH: install Go (https://go.dev/doc/install)", module)
	case failed && ctx.Err() == nil:
		return "", elsewhere(module, string(exit.Stderr))
	case err != nil:
		return "", err
	case dir == "":
		return "", elsewhere(module, "its code was not downloaded")
	}
	return dir, nil
}

// elsewhere is the error of a program whose working folder is in no checkout of the module.
func elsewhere(module, why string) error {
	folder, err := os.Getwd()
	if err != nil {
		folder = "the working folder"
	}
	text := fmt.Sprintf("%s is not in a checkout of %s, whose commands are built here: start this in the folder of one", folder, module)
	if strings.Contains(why, "go.mod file not found") || strings.Contains(why, "not a known dependency") {
		return errors.New(text) // go says the same
	}
	why, _, _ = strings.Cut(strings.TrimSpace(why), "\n")
	return fmt.Errorf("%s (%s)", text, why)
}

// CanRace reports whether the race detector can be built in: without a C compiler, Go turns cgo
// off.
func CanRace(ctx context.Context) (bool, error) {
	out, err := goTool(ctx, "", "env", "CGO_ENABLED")
	return strings.TrimSpace(out) == "1", err
}

// Build returns the path of a package's command, such as "./worker", and builds it at the first
// call. A failure is final: it names the package and contains the compiler's text. The context
// of the first caller bounds the build.
func (b *Builder) Build(ctx context.Context, pkg string) (string, error) {
	b.mu.Lock()
	one, found := b.built[pkg]
	if !found {
		one = &build{done: make(chan struct{})}
		b.built[pkg] = one
	}
	b.mu.Unlock()

	if !found {
		one.binary, one.err = b.compile(ctx, pkg)
		close(one.done)
	}
	select {
	case <-one.done:
		return one.binary, one.err
	case <-ctx.Done():
		return "", fmt.Errorf("process: waiting for the build of %s: %w", pkg, context.Cause(ctx))
	}
}

// Close removes the commands.
func (b *Builder) Close() error {
	if err := os.RemoveAll(b.folder); err != nil {
		return fmt.Errorf("process: removing built commands: %w", err)
	}
	return nil
}

func (b *Builder) compile(ctx context.Context, pkg string) (string, error) {
	// Each package has its own folder, because two may have the same last name.
	folder, err := os.MkdirTemp(b.folder, "")
	if err != nil {
		return "", fmt.Errorf("process: folder for %s: %w", pkg, err)
	}
	binary := filepath.Join(folder, filepath.Base(pkg))
	args := []string{"build", "-o", binary}
	if b.race {
		args = append(args, "-race")
	}
	if _, err := goTool(ctx, b.moduleDir, append(args, pkg)...); err != nil {
		return "", err
	}
	return binary, nil
}

func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = dir
	out, err := command.Output()
	if err == nil {
		return string(out), nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("process: go %s: %w\n%s", strings.Join(args, " "), err, exit.Stderr)
	}
	return "", fmt.Errorf("process: go %s: %w", strings.Join(args, " "), err)
}
