package stack

import (
	"log/slog"
	"slices"
	"strings"
)

// settingPrefix begins the names of all of Latch's settings.
const settingPrefix = "LATCH_"

// Environment is a list of "NAME=value". The last entry of a name counts.
type Environment []string

// Settings returns Latch's settings in an environment, which has the format of os.Environ.
func Settings(environ []string) Environment {
	return slices.DeleteFunc(slices.Clone(environ), func(setting string) bool {
		return !strings.HasPrefix(setting, settingPrefix)
	})
}

// Value returns a variable's value, or a default if it is not set or empty.
func (e Environment) Value(name, otherwise string) string {
	for _, setting := range slices.Backward(e) {
		if found, value, _ := strings.Cut(setting, "="); found == name && value != "" {
			return value
		}
	}
	return otherwise
}

// logsInfo reports whether a worker with these settings logs its start.
func (e Environment) logsInfo() bool {
	var level slog.Level
	err := level.UnmarshalText([]byte(e.Value(settingPrefix+"LOG_LEVEL", "info")))
	return err == nil && level <= slog.LevelInfo
}

// AllowLoopback adds loopback to the addresses that webhooks may call.
func (e Environment) AllowLoopback() Environment {
	const name = settingPrefix + "EGRESS_ALLOW"
	allowed := []string{"127.0.0.0/8", "::1", "localhost"}
	if given := e.Value(name, ""); given != "" {
		allowed = append([]string{given}, allowed...)
	}
	return append(slices.Clone(e), name+"="+strings.Join(allowed, ","))
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
