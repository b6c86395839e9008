package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/latch-run/latch/testsuite/freeport"
)

// postgresUser owns the databases, and runs the server where this is root, whom
// PostgreSQL refuses.
const postgresUser = "postgres"

// errNoPostgres says that PostgreSQL is not measured, and why.
var errNoPostgres = errors.New("PostgreSQL's programs initdb and postgres are neither on PATH nor below /usr/lib/postgresql")

// postgresPrograms returns the folder of initdb and postgres: that of PATH, or
// that of the newest version that Debian has installed.
func postgresPrograms() (string, error) {
	var folders []string
	if found, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(found))
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(installed, func(a, b string) int { return majorOf(b) - majorOf(a) })
	for _, folder := range append(folders, installed...) {
		if isProgram(filepath.Join(folder, "initdb")) && isProgram(filepath.Join(folder, "postgres")) {
			return folder, nil
		}
	}
	return "", errNoPostgres
}

// majorOf returns the version in a path such as /usr/lib/postgresql/15/bin, 0 if
// there is none.
func majorOf(folder string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return version
}

func isProgram(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// servePostgres runs PostgreSQL with a new cluster in a folder, prints its
// address, and ends it when the benchmark does. Its settings are its own
// defaults: a commit is on the disk before it counts.
func servePostgres(ctx context.Context, args []string) (err error) {
	programs, err := postgresPrograms()
	if err != nil {
		return err
	}
	as, err := postgresCredential(args[0])
	if err != nil {
		return err
	}
	data := filepath.Join(args[0], "data")
	initdb := exec.CommandContext(ctx, filepath.Join(programs, "initdb"), "-D", data, "-U", postgresUser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = args[0], as
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	address, err := freeport.Address()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	postgres := exec.CommandContext(ctx, filepath.Join(programs, "postgres"), "-D", data, "-h", host, "-p", port, "-k", "", "-N", "300")
	postgres.Dir, postgres.SysProcAttr = args[0], as
	log, err := postgres.StderrPipe()
	if err != nil {
		return err
	}
	// It closes its connections and its files.
	postgres.Cancel = func() error { return postgres.Process.Signal(syscall.SIGINT) }
	if err := postgres.Start(); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, postgres.Process.Signal(syscall.SIGINT), postgres.Wait())
	}()
	if err := awaitReady(log); err != nil {
		return err
	}
	fmt.Println(address)
	awaitEnd(ctx)
	return nil
}

// postgresCredential returns whom PostgreSQL runs as, and gives them the folder;
// nil is the caller, who is not root.
func postgresCredential(folder string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	other, err := user.Lookup(postgresUser)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, uidErr := strconv.ParseUint(other.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(other.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(folder, int(uid), int(gid))); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// awaitReady returns once PostgreSQL's log says that it takes connections, and
// reads on, so that it is not held up. What it says before its end is the error.
func awaitReady(log io.Reader) error {
	var said []string
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return nil
		}
	}
	return fmt.Errorf("postgres ended as it started: %s", strings.Join(said, "; "))
}
