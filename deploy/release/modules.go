package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// lister writes a CycloneDX list of a module's modules.
const lister = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// lister installs what lists modules, for this machine, and returns its path.
func (s *source) lister(ctx context.Context) (string, error) {
	dir := filepath.Join(filepath.Dir(s.dir), "lister")
	_, err := run(ctx, s.dir, []string{"GOFLAGS=", "GOBIN=" + dir}, "go", "install", lister)
	return filepath.Join(dir, "cyclonedx-gomod"+executable()), err
}

func executable() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// modules writes the list of all modules that a program is made of on Linux, Go's own
// library among them, and returns its name.
func (s *source) modules(ctx context.Context, program, out string) (string, error) {
	name := fmt.Sprintf("latch_%s_%s.cdx.json", s.version, program)
	tool, err := s.lister(ctx)
	if err != nil {
		return "", err
	}
	text, err := run(ctx, s.dir, []string{"CGO_ENABLED=0", "GOFLAGS=", "GOOS=linux", "GOARCH=amd64"},
		tool, "app", "-json", "-std", "-noserial", "-main", program)
	if err != nil {
		return "", err
	}
	var list map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&list); err != nil {
		return "", fmt.Errorf("what %s prints is not JSON: %w", lister, err)
	}
	about, is := list["metadata"].(map[string]any)
	if !is {
		return "", fmt.Errorf("what %s prints has no metadata", lister)
	}
	about["timestamp"] = s.time.Format(time.RFC3339) // and not now
	encoded, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(out, name), append(encoded, '\n'), 0o644)
}
