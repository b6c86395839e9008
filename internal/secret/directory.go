package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/latch-run/latch"
)

// maximumFiles bounds how many files a directory of secrets may have.
const maximumFiles = 10_000

// A directory has a file for each secret. Names that begin with a dot (a
// mounted Kubernetes secret has ..data) or that are no secret's are left
// alone, and so is what is not a regular file once links are followed.
type directory struct {
	path  string
	mutex sync.Mutex
	names map[string][]string // file names by variable, as last seen
}

// openDirectory looks over a directory, and reports every file that cannot be
// a secret and all that are the same secret.
func openDirectory(path string) (*directory, error) {
	files := &directory{path: path}
	if err := files.scan(); err != nil {
		return nil, fmt.Errorf("LATCH_SECRETS_DIR: %w", err)
	}
	var problems []error
	for _, variable := range slices.Sorted(maps.Keys(files.names)) {
		if _, _, err := files.read(variable); err != nil {
			problems = append(problems, fmt.Errorf("LATCH_SECRETS_DIR: %w", err))
		}
	}
	return files, errors.Join(problems...)
}

// scan lists the directory's secrets.
func (d *directory) scan() error {
	handle, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer func() { _ = handle.Close() }()
	names, err := handle.Readdirnames(maximumFiles + 1)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case len(names) > maximumFiles:
		return fmt.Errorf("%s has more than %d entries", d.path, maximumFiles)
	}
	slices.Sort(names)
	found := map[string][]string{}
	for _, name := range names {
		if strings.HasPrefix(name, ".") || !latch.IsSecretName(name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(d.path, name)); err == nil && info.Mode().IsRegular() {
			found[Variable(name)] = append(found[Variable(name)], name)
		}
	}
	d.names = found
	return nil
}

// read returns what the variable's file holds. What was rotated, added or
// renamed since the last look is found. The error names the file.
func (d *directory) read(variable string) (read content, found bool, err error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, look := range []func() error{func() error { return nil }, d.scan} {
		if err := look(); err != nil {
			return content{}, false, err
		}
		names := d.names[variable]
		switch {
		case len(names) > 1:
			return content{}, false, fmt.Errorf("the files %s in %s are the same secret, since all stand for %s: keep one",
				strings.Join(names, ", "), d.path, variable)
		case len(names) == 0:
			continue
		}
		read, err := readFile(filepath.Join(d.path, names[0]))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return read, err == nil, err
	}
	return content{}, false, nil
}

// readFile reads a regular file that holds a secret.
func readFile(path string) (content, error) {
	value, err := readLimited(path)
	if err != nil {
		return content{}, err
	}
	read, err := parse(value)
	if err != nil {
		return content{}, fmt.Errorf("%s: %w", path, err)
	}
	return read, nil
}

// readLimited reads a regular file within the limits of a secret.
func readLimited(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maximumFileBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(content) > maximumFileBytes:
		return "", fmt.Errorf("%s has more than %d bytes", path, maximumFileBytes)
	}
	return string(content), nil
}
