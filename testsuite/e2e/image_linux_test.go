package e2e

import (
	"debug/elf"
	"go/version"

	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
)

// imageUser is the user of the image's programs.
const imageUser = 65532

// An image is the result of deploy/Dockerfile: a root folder with only its files. The tests
// have no container engine, so the programs are built by the file's own command.
type image struct {
	*testing.T
	root string
}

// instruction is a Dockerfile instruction, with its lines joined.
type instruction struct{ name, rest string }

func dockerfile(t *testing.T) []instruction {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rootDir(t), "deploy", "Dockerfile"))
	require.NoError(t, err)
	joined := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(text), "")
	joined = strings.ReplaceAll(joined, "\\\n", " ")
	var all []instruction
	for line := range strings.Lines(joined) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "" {
			all = append(all, instruction{name, strings.Join(strings.Fields(rest), " ")})
		}
	}
	return all
}

// buildImage executes the Dockerfile's instructions as far as possible without an engine, and
// refuses those that it does not know.
func buildImage(t *testing.T) *image {
	t.Helper()
	made := &image{t, t.TempDir()}
	require.NoError(t, os.Chmod(made.root, 0o755))
	built, stages := t.TempDir(), 0
	for _, each := range dockerfile(t) {
		switch fields := strings.Fields(each.rest); {
		case each.name == "FROM" && strings.Contains(each.rest, " AS build"):
			stages++
			requireBuilder(t, each.rest)
		case each.name == "FROM":
			stages++
			require.Equal(t, "scratch", each.rest)
		case each.name == "RUN" && strings.Contains(each.rest, " go build "):
			made.build(each.rest, built)
		case each.name == "RUN":
			require.Equal(t, "go mod download", each.rest)
		case each.name == "COPY" && stages == 1:
			for _, file := range fields[:len(fields)-1] {
				_, err := os.Stat(filepath.Join(rootDir(t), file))
				require.NoError(t, err)
			}
		case each.name == "COPY":
			require.Equal(t, "--from=build", fields[0])
			made.copy(built, fields[1:])
		case each.name == "USER":
			require.Equal(t, "65532:65532", each.rest)
		case each.name == "ENTRYPOINT":
			require.Equal(t, `["/worker"]`, each.rest)
		default:
			require.Contains(t, []string{"WORKDIR", "ARG", "LABEL", "EXPOSE"}, each.name)
		}
	}
	require.Equal(t, 2, stages)
	// Engines mount /proc, where Temporal's SDK looks for the program.
	require.NoError(t, os.MkdirAll(filepath.Join(made.root, "proc", "self"), 0o755))
	require.NoError(t, os.Symlink("/worker", filepath.Join(made.root, "proc", "self", "exe")))
	return made
}

// requireBuilder fails if the base image has an older Go than go.mod requires.
func requireBuilder(t *testing.T, from string) {
	t.Helper()
	has := regexp.MustCompile(`golang:([\d.]+)`).FindStringSubmatch(from)
	require.NotNil(t, has, from)
	requirements, err := os.ReadFile(filepath.Join(rootDir(t), "go.mod"))
	require.NoError(t, err)
	wants := regexp.MustCompile(`(?m)^go ([\d.]+)$`).FindSubmatch(requirements)
	require.NotNil(t, wants)
	require.GreaterOrEqual(t, version.Compare("go"+has[1], "go"+string(wants[1])), 0, "the image has Go %s, go.mod wants %s", has[1], wants[1])
}

// build runs the Dockerfile's build command, for this machine.
func (m *image) build(command, into string) {
	m.Helper()
	require.Contains(m, command, " /out/ ")
	build := exec.CommandContext(m.Context(), "sh", "-c", strings.ReplaceAll(command, " /out/ ", " "+into+"/ "))
	build.Dir = rootDir(m.T)
	build.Env = append(os.Environ(), "TARGETOS=", "TARGETARCH=")
	out, err := build.CombinedOutput()
	require.NoError(m, err, "%s", out)
}

// copy copies build results. Certificates are those of this machine, if it has any.
func (m *image) copy(built string, fields []string) {
	m.Helper()
	to := fields[len(fields)-1]
	for _, from := range fields[:len(fields)-1] {
		source, target := from, filepath.Join(m.root, to)
		if rest, is := strings.CutPrefix(from, "/out/"); is {
			source, target = filepath.Join(built, rest), filepath.Join(m.root, to, rest)
		}
		text, err := os.ReadFile(source)
		if source == from && os.IsNotExist(err) {
			continue
		}
		require.NoError(m, err)
		require.NoError(m, os.MkdirAll(filepath.Dir(target), 0o755))
		require.NoError(m, os.WriteFile(target, text, 0o755))
	}
}

// within makes a process run in the image's root as its user: as root directly, or otherwise in
// a user namespace.
func (m *image) within(attributes *syscall.SysProcAttr) {
	attributes.Chroot = m.root
	attributes.Credential = &syscall.Credential{Uid: imageUser, Gid: imageUser, NoSetGroups: os.Getuid() != 0}
	if os.Getuid() == 0 {
		return
	}
	attributes.Cloneflags = syscall.CLONE_NEWUSER
	attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: imageUser, HostID: os.Getuid(), Size: 1}}
	attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: imageUser, HostID: os.Getgid(), Size: 1}}
}

// command returns a program of the image with an environment.
func (m *image) command(environ []string, call ...string) process.Command {
	return process.Command{Path: call[0], Args: call[1:], Dir: "/", Env: environ, Attributes: m.within}
}

// files returns all files in the root, with their sizes.
func (m *image) files() map[string]int64 {
	m.Helper()
	found := map[string]int64{}
	require.NoError(m, filepath.WalkDir(m.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		found[strings.TrimPrefix(path, m.root)] = info.Size()
		return err
	}))
	return found
}

// The image's programs are static. They answer, check and serve as an unprivileged user in a
// root that contains only them and /proc, and write nothing.
func TestTheImageRunsWithNothingAroundIt(t *testing.T) {
	t.Parallel()
	m := buildImage(t)
	before := m.files()
	for _, program := range []string{"worker", "starter"} {
		require.NotZero(t, before["/"+program])
		file, err := elf.Open(filepath.Join(m.root, program))
		require.NoError(t, err)
		libraries, err := file.ImportedLibraries()
		require.NoError(t, err)
		require.Empty(t, libraries, "%s is not static", program)
		for _, part := range file.Progs {
			require.NotEqual(t, elf.PT_INTERP, part.Type, "%s is not static", program)
		}
		require.NoError(t, file.Close())
	}
	b := &bench{T: t, ctx: t.Context(), queue: t.Name()}
	m.answers(b)
	m.serves(b)
	require.Equal(t, before, m.files(), "they write nothing")
}

// answers checks the output and the exit codes of the programs.
func (m *image) answers(b *bench) {
	m.Helper()
	connected := "TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort
	for _, test := range []struct {
		call    []string
		environ string
		code    int
		says    string
	}{
		{[]string{"/worker", "--version"}, "", 0, "latch " + latch.Version + " ("},
		{[]string{"/worker", "--help"}, "", 0, "worker serves a task queue"},
		{[]string{"/starter", "--version"}, "", 0, "latch " + latch.Version + " ("},
		{[]string{"/starter", "--help"}, "", 0, "Exit codes:"},
		{[]string{"/starter", "doctor"}, "TEMPORAL_ADDRESS=" + freeAddress(m.T), 3, "settings of the worker: can be read"},
		{[]string{"/starter", "doctor"}, connected, 0, "temporal: reached, server "},
		{[]string{"/starter", "job", "list"}, connected, 0, ""},
	} {
		result, err := process.Run(b.ctx, m.command([]string{test.environ}, test.call...))
		require.NoError(m, err, test.call)
		said := result.Stdout + result.Stderr
		require.Equal(m, test.code, result.ExitCode, "%s: %s", test.call, said)
		require.Contains(m, said, test.says, test.call)
	}
}

// serves runs the worker and the API, and a run that needs a time zone, until SIGTERM.
func (m *image) serves(b *bench) {
	m.Helper()
	environ := []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_TASK_QUEUE=" + b.queue}
	health, api := freeAddress(m.T), freeAddress(m.T)
	worker := process.Start(m.T, m.command(append(environ, "LATCH_HEALTH_ADDR="+health, "LATCH_DRAIN_TIMEOUT=5s"), "/worker"))
	served := process.Start(m.T, m.command(append(environ, "LATCH_API_ADDR="+api), "/starter", "serve"))
	require.NoError(m, worker.AwaitReady(b.ctx, "http://"+health+"/readyz"))
	require.NoError(m, served.AwaitReady(b.ctx, "http://"+api+"/readyz"))
	for _, address := range []string{health, api} {
		require.NoError(m, worker.AwaitReady(b.ctx, "http://"+address+"/healthz"))
	}
	run := b.start(latch.WorkflowEmit, "imaged", `{"event":"IMAGED","webhooks":[{"id":"board","url":"https://board.example.com",
		"events":[{"event":"IMAGED","when":"now.getHours('Europe/Berlin') > 24"}]}]}`)
	require.Equal(m, latch.ResultSkipped, b.emission(run).History[0].Result)
	for _, each := range []*process.Process{worker, served} {
		code, err := each.Terminate(b.ctx)
		require.NoError(m, err)
		require.Zero(m, code, each.Stderr.String())
	}
}
