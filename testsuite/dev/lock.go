package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockName is the file beside the database that one dev holds locked. The file remains: the
// kernel releases the lock with the process.
const lockName = "temporal.db.lock"

// lockFolder locks the folder for this process until the returned value is closed.
func lockFolder(folder string) (io.Closer, error) {
	path := filepath.Join(folder, lockName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of the data's folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = writeHolder(file)
	}
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("the data in %s are in use by another dev%s; end it, or choose another folder: make dev DEV_FLAGS='-data FOLDER', or DEV_DATA=FOLDER make dev",
			folder, holder(file))
	default:
		err = fmt.Errorf("lock of the data's folder, %s: %w", path, err)
	}
	return nil, errors.Join(err, file.Close())
}

// writeHolder writes this process to the file, for the error message of another.
func writeHolder(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder names the process in the file, if there is one.
func holder(file *os.File) string {
	noted, err := io.ReadAll(io.LimitReader(file, 32))
	if err != nil {
		return ""
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(noted)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", id)
}
