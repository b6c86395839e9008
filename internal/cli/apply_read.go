package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/spec"
)

// readItems reads everything that the files and directories declare. Its error lists all
// problems if a document has one. What is wrong with several together is for the plan to say.
func readItems(out *output.Printer, names []string) ([]*declared.Item, error) {
	r := &itemReader{out: out, now: time.Now()}
	for _, name := range names {
		files, err := filesOf(name)
		if err != nil {
			r.problems = append(r.problems, declared.Labelled(name, unreadable(err))...)
		}
		for _, file := range files {
			r.read(file)
		}
	}
	if len(r.problems) > 0 {
		named := slices.DeleteFunc(r.items, func(item *declared.Item) bool { return item.ID == "" })
		return nil, failure.OfProblems(append(r.problems, declared.Twice(named)...))
	}
	for _, warning := range r.warnings {
		out.Warnf("%s", warning)
	}
	return r.items, nil
}

// filesOf returns the file, or the files of a directory.
func filesOf(name string) ([]string, error) {
	if info, err := os.Stat(name); name == "-" || err != nil || !info.IsDir() {
		return []string{name}, nil
	}
	var files []string
	err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != name && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)):
			files = append(files, path)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = errors.New("the directory has no .yaml, .yml or .json file")
	}
	return files, err
}

// An itemReader collects what files declare, wrong or not, and the problems in them.
type itemReader struct {
	out      *output.Printer
	items    []*declared.Item
	problems latch.Problems
	warnings []string
	now      time.Time
}

func (r *itemReader) read(name string) {
	file, documents, err := openFile(r.out.In, name)
	if err == nil && len(documents) == 0 {
		err = errors.New("it declares nothing")
	}
	if err != nil {
		r.problems = append(r.problems, declared.Labelled(name, unreadable(err))...)
		return
	}
	for _, document := range eachListed(documents) {
		r.decode(name, file, document)
	}
}

func (r *itemReader) decode(name string, file *spec.File, document spec.Document) {
	label, from := strings.TrimSpace(name+" "+document.Place), source{file, document.Place}
	item, problems, warnings := declared.Decode(document.Data, r.now)
	r.problems = append(r.problems, declared.Labelled(label, from.located(problems))...)
	for _, warning := range from.located(warnings) {
		r.warnings = append(r.warnings, fmt.Sprintf("%s: %s", label, warning))
	}
	if item != nil {
		item.Label, item.Locate = label, from.located
		r.items = append(r.items, item)
	}
}
