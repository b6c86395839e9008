package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/server/common/headers"
)

// A Machine is the machine on which the figures were measured.
type Machine struct {
	OS        string `json:"os"`
	Arch      string `json:"arch"`
	Processor string `json:"processor,omitempty"`
	Cores     int    `json:"cores"`
	MemoryMiB int    `json:"memory_mib,omitempty"`
	// Load is the load average of the minute before the run.
	Load string `json:"load,omitempty"`
}

// Versions are the versions of what was measured.
type Versions struct {
	Go       string `json:"go"`
	Temporal string `json:"temporal"`
	SDK      string `json:"sdk"`
}

func thisMachine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Processor: fieldOf("/proc/cpuinfo", "model name")}
	var kib int
	if _, err := fmt.Sscan(fieldOf("/proc/meminfo", "MemTotal"), &kib); err == nil {
		m.MemoryMiB = kib >> 10
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(text), " ")
	}
	return m
}

// fieldOf returns the value of the first line "name: value" of a file, or "" if
// there is none, for example on a system without /proc.
func fieldOf(file, name string) string {
	text, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer text.Close()
	for lines := bufio.NewScanner(text); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func versions() Versions {
	return Versions{Go: strings.TrimPrefix(runtime.Version(), "go"), Temporal: headers.ServerVersion, SDK: temporal.SDKVersion}
}

// commitOf returns the commit of the checkout, with a + if it has changes, or
// "" if git cannot tell.
func commitOf(ctx context.Context, root string) string {
	git := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty=+")
	git.Dir = root
	out, err := git.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// about describes the machine and the versions.
func (r *Report) about() string {
	m := r.Machine
	text := fmt.Sprintf("%s: %d cores", r.Began.Format(time.DateOnly), m.Cores)
	if m.Processor != "" {
		text += " of " + m.Processor
	}
	if m.MemoryMiB > 0 {
		text += fmt.Sprintf(", %.0f GiB", float64(m.MemoryMiB)/1024)
	}
	text += fmt.Sprintf(" (%s/%s)", m.OS, m.Arch)
	if m.Load != "" {
		text += ", load before " + m.Load
	}
	return text + fmt.Sprintf(". Latch %s, Temporal %s, SDK %s, Go %s. All of it runs on this machine.",
		strings.TrimSpace(r.Latch+" "+r.Commit), r.Versions.Temporal, r.Versions.SDK, r.Versions.Go)
}

// how describes how the figures were measured.
func (r *Report) how() string {
	return fmt.Sprintf("Each figure is the median of %d turns of %g s or more, with the least and the most; "+
		"the sides take turns. The run took %s.", r.Rounds, r.Turn, time.Duration(r.Seconds)*time.Second)
}
