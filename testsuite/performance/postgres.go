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

// postgresUser owns the databases. If this process runs as root, which
// PostgreSQL refuses, it also runs the server.
const postgresUser = "postgres"

// errNoPostgres says that PostgreSQL cannot be measured, and why.
var errNoPostgres = errors.New("PostgreSQL's programs initdb and postgres are neither on PATH nor below /usr/lib/postgresql")

// postgresPrograms returns the directory of initdb and postgres: the one on
// PATH, or that of the newest version installed by Debian.
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

// majorOf returns the version in a path such as /usr/lib/postgresql/15/bin, or
// 0.
func majorOf(folder string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return version
}

func isProgram(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// servePostgres runs PostgreSQL with a new cluster in a directory, prints its
// address, and stops it when the benchmark ends. It uses PostgreSQL's default
// settings, so commits wait for the disk.
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
	// SIGINT makes it close its connections and files.
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

// postgresCredential returns the user that runs PostgreSQL, and makes it the
// owner of the directory. If this process is not root, that is its own user.
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

// awaitReady returns once PostgreSQL's log says that it accepts connections,
// and keeps reading, so that PostgreSQL does not block. If it ends first, the
// error contains its log.
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
