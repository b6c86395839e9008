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

// maximumFiles bounds the files in a directory of secrets.
const maximumFiles = 10_000

// A directory holds one file for each secret. It ignores names that begin with
// a dot (a mounted Kubernetes secret has ..data) or are not names of secrets,
// and anything that is not a regular file once links are followed.
type directory struct {
	path  string
	mutex sync.Mutex
	names map[string][]entry // by variable, as of the last scan
	// kept holds the content of the files as last read, by variable. version
	// counts its changes.
	kept    map[string]keptFile
	version uint64
}

// An entry is a file of the directory.
type entry struct {
	name string
	info fs.FileInfo
}

// A keptFile is a file that was read; info is nil if that was after the last
// scan.
type keptFile struct {
	info fs.FileInfo
	text string
	content
}

// openDirectory scans a directory. It returns an error for every file that
// cannot be a secret, and for files that hold the same secret.
func openDirectory(path string) (*directory, error) {
	files := &directory{path: path, kept: map[string]keptFile{}}
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

// scan lists the secrets of the directory.
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
	found := map[string][]entry{}
	for _, name := range names {
		if strings.HasPrefix(name, ".") || !latch.IsSecretName(name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(d.path, name)); err == nil && info.Mode().IsRegular() {
			found[Variable(name)] = append(found[Variable(name)], entry{name, info})
		}
	}
	d.names = found
	return nil
}

// read returns the content of the variable's file. It finds files that were
// rotated, added or renamed since the last scan. The error names the file.
func (d *directory) read(variable string) (read content, found bool, err error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, look := range []func() error{func() error { return nil }, d.scan} {
		if err := look(); err != nil {
			return content{}, false, err
		}
		files := d.names[variable]
		switch {
		case len(files) > 1:
			names := make([]string, len(files))
			for i, file := range files {
				names[i] = file.name
			}
			return content{}, false, fmt.Errorf("the files %s in %s are the same secret, since all stand for %s: keep one",
				strings.Join(names, ", "), d.path, variable)
		case len(files) == 0:
			continue
		}
		read, err := d.readFile(variable, entry{name: files[0].name})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return read, err == nil, err
	}
	return content{}, false, nil
}

// contents returns the content of the files, by variable, with its version, or
// no content if known is that version. If look is true, it first reads what has
// changed; files that cannot be read are ignored.
func (d *directory) contents(look bool, known uint64) (map[string]content, uint64) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if look && d.scan() == nil {
		d.update()
	}
	if d.version == known {
		return nil, known
	}
	held := make(map[string]content, len(d.kept))
	for variable, file := range d.kept {
		held[variable] = file.content
	}
	return held, d.version
}

// update reads the files that have changed, and drops those that no longer
// exist.
func (d *directory) update() {
	for variable := range d.kept {
		if len(d.names[variable]) == 0 {
			delete(d.kept, variable)
			d.version++
		}
	}
	for variable, files := range d.names {
		kept, file := d.kept[variable], files[0]
		if kept.info == nil || !os.SameFile(kept.info, file.info) || !kept.info.ModTime().Equal(file.info.ModTime()) || kept.info.Size() != file.info.Size() {
			_, _ = d.readFile(variable, file) // errors are reported when the secret is used
		}
	}
}

// readFile reads and stores the content of a secret's file. If the file cannot
// be read, the previous content is kept.
func (d *directory) readFile(variable string, file entry) (content, error) {
	path := filepath.Join(d.path, file.name)
	text, err := readLimited(path)
	if err != nil {
		return content{}, err
	}
	if kept, known := d.kept[variable]; known && kept.text == text {
		if file.info != nil {
			kept.info = file.info
			d.kept[variable] = kept
		}
		return kept.content, nil
	}
	read, err := parse(text)
	if err != nil {
		return content{}, fmt.Errorf("%s: %w", path, err)
	}
	d.kept[variable] = keptFile{file.info, text, read}
	d.version++
	return read, nil
}

// readLimited reads a regular file within the limits of a secret.
func readLimited(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", path)
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
