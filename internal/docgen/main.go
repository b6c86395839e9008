package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// root is the root of the repository, relative to this package, where go
// generate and the tests run.
const root = "../.."

func main() {
	if err := write(); err != nil {
		fmt.Fprintf(os.Stderr, "docgen: %v\n", err)
		os.Exit(1)
	}
}

// write updates every document and prints the names of those that changed.
func write() error {
	changed, err := outdated(root)
	if err != nil {
		return err
	}
	for _, page := range changed {
		if err := os.WriteFile(filepath.Join(root, page.file), []byte(page.text), 0o644); err != nil { //nolint:gosec // documents are public
			return err
		}
		fmt.Println(page.file)
	}
	return nil
}
