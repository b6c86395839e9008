package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/spec"
)

func exportCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "export [DIR]", Short: "Print all that is registered as files for apply", Args: cobra.MaximumNArgs(1),
		Long: `Print all that is registered (jobs, the task queue's webhooks and freezes, watches, tags) as
the files that apply takes: as YAML documents, with --output json as one list, and with DIR
as one file for each thing in it. Applying them again changes nothing.

A DIR that has files already gets those of this export in their place; a file
that an earlier export wrote for what is gone is removed, any other stays.

*** stands for credentials in URLs and headers: apply takes what is registered in
their place. Where nothing is, it refuses the file, so that a namespace which is
to be moved needs its credentials as secrets (url_secret, header_secrets).`},
		func(ctx context.Context, open opener, args []string) error { return export(ctx, open, e, args) })
}

func export(ctx context.Context, open opener, e *env, args []string) error {
	documents, err := exported(ctx, open, e)
	if err != nil {
		return err
	}
	for _, document := range documents {
		if document.Hidden {
			e.out.Warnf("%s %s: *** stands for a credential; a secret would be exported by its name", document.Kind, output.OneLine(document.ID))
		}
	}
	if len(args) > 0 {
		return writeExport(e.out, args[0], documents)
	}
	if e.out.JSON {
		list := []json.RawMessage{}
		for _, document := range documents {
			list = append(list, document.JSON)
		}
		e.out.Value(list)
		return nil
	}
	for i, document := range documents {
		text, err := spec.ToYAML(document.JSON)
		if err != nil {
			return err
		}
		if i > 0 {
			e.out.Printf("---\n")
		}
		e.out.Printf("%s", text)
	}
	return nil
}

// exported returns everything that is registered, as documents.
func exported(ctx context.Context, open opener, e *env) ([]declared.Document, error) {
	world, err := open(ctx)
	if err != nil {
		return nil, err
	}
	store, progress := world.Declarations(), e.out.Progress()
	state, err := store.State(ctx, backend.Reading{Queue: e.settings.givenQueue,
		Read: func(done, of int) { progress.Show("reading: %d of %d jobs", done, of) }})
	progress.End()
	if err != nil {
		return nil, err
	}
	var documents []declared.Document
	for _, tag := range state.Tags {
		documents = append(documents, declared.OfTag(tag))
	}
	for i := range state.Webhooks {
		documents = append(documents, declared.OfWebhook(state.Webhooks[i]))
	}
	for i := range state.Watches {
		documents = append(documents, declared.OfWatch(state.Watches[i]))
	}
	for i := range state.Freezes {
		documents = append(documents, declared.OfFreeze(state.Freezes[i]))
	}
	for i := range state.Rows {
		if definition := state.Jobs[state.Rows[i].ID]; definition != nil {
			documents = append(documents, declared.OfJob(definition, store.TaskQueue()))
		}
	}
	return documents, nil
}

// exportHeader is the first line of each file that export writes. No other file has it.
const exportHeader = "# Written by starter export; apply it with: starter apply\n"

// writeExport writes each document to its own file.
func writeExport(out *output.Printer, dir string, documents []declared.Document) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { // even if nothing is registered
		return failure.New(failure.Failed, "cannot make the directory %s: %v", dir, err)
	}
	written := map[string]bool{}
	for _, document := range documents {
		text, err := spec.ToYAML(document.JSON)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, string(document.Kind)+"s", freeName(written, string(document.Kind)+"s", document.ID))
		if err := writeFile(path, append([]byte(exportHeader), text...)); err != nil {
			return failure.New(failure.Failed, "cannot write %s: %v", path, err)
		}
	}
	stale := 0
	for _, kind := range declared.Kinds {
		files, _ := filepath.Glob(filepath.Join(escapeGlob(dir), string(kind)+"s", "*.yaml")) // the pattern is valid
		for _, file := range files {
			text, err := os.ReadFile(file)
			if written[strings.ToLower(filepath.Join(string(kind)+"s", filepath.Base(file)))] || err != nil || !bytes.HasPrefix(text, []byte(exportHeader)) {
				continue
			}
			if err := os.Remove(file); err != nil {
				return failure.New(failure.Failed, "cannot remove %s: %v", file, err)
			}
			stale++
		}
	}
	if out.JSON {
		out.Value(map[string]any{"directory": dir, "written": len(documents), "removed": stale})
		return nil
	}
	out.Printf("wrote %s to %s", counted.Of(len(documents), "file", "files"), output.OneLine(dir))
	if stale > 0 {
		out.Printf(", removed %d of what is gone", stale)
	}
	out.Printf("\n")
	return nil
}

// maximumName bounds the name of a file, in bytes, without the suffix that makes it unique.
const maximumName = 200

// freeName returns an unused file name for an id, even on a file system that ignores case.
func freeName(taken map[string]bool, folder, id string) string {
	base := strings.ReplaceAll(url.PathEscape(id), "%20", " ")
	if strings.HasPrefix(base, ".") {
		base = "%2E" + base[1:]
	}
	base = base[:min(len(base), maximumName)]
	name := base + ".yaml"
	for i := 2; taken[strings.ToLower(filepath.Join(folder, name))]; i++ {
		name = fmt.Sprintf("%s~%d.yaml", base, i)
	}
	taken[strings.ToLower(filepath.Join(folder, name))] = true
	return name
}

// writeFile replaces a file atomically.
func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(path), ".export.tmp")
	if err := os.WriteFile(temporary, text, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// escapeGlob escapes a directory's name, so that it is not read as a pattern.
func escapeGlob(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}
