package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrNotInstalled reports that PostgreSQL was not found, and where it was searched.
var ErrNotInstalled = errors.New("PostgreSQL's programs initdb and postgres are neither on PATH nor below /usr/lib/postgresql; " +
	"on Debian: apt-get install postgresql")

// Programs returns the folder of initdb and postgres: that of PATH, or that of
// the newest version that Debian has installed. The error is [ErrNotInstalled].
func Programs() (string, error) {
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
	return "", ErrNotInstalled
}

// majorOf returns the version in a path such as /usr/lib/postgresql/15/bin, or 0.
func majorOf(folder string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return version
}

func isProgram(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// runAs returns the user that runs PostgreSQL and gives that user the folder. If the caller is
// root, as which PostgreSQL refuses to run, it is the user postgres. nil stands for the caller.
func runAs(folder string) (func(*syscall.SysProcAttr), error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	other, err := user.Lookup(User)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, uidErr := strconv.ParseUint(other.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(other.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(folder, int(uid), int(gid))); err != nil {
		return nil, err
	}
	return func(attributes *syscall.SysProcAttr) {
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}, nil
}
