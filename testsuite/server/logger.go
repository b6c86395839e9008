package server

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/server/common/log/tag"
)

// logger writes the server's log lines to slog. A fatal line panics with its
// text, because nothing may run after it; Start converts that panic to an
// error. It shows the disk watch each error.
type logger struct {
	slog *slog.Logger
	disk *diskWatch
}

// fatal is the panic's value.
type fatal struct {
	text string
}

func (f fatal) Error() string { return f.text }

func (l logger) Debug(msg string, tags ...tag.Tag) { l.log(slog.LevelDebug, msg, tags) }
func (l logger) Info(msg string, tags ...tag.Tag)  { l.log(slog.LevelInfo, msg, tags) }
func (l logger) Warn(msg string, tags ...tag.Tag)  { l.log(slog.LevelWarn, msg, tags) }
func (l logger) Error(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

// DPanic logs an error. It panics only in the server's own development builds.
func (l logger) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

func (l logger) Panic(msg string, tags ...tag.Tag) { l.Fatal(msg, tags...) }

func (l logger) Fatal(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	text := msg
	for _, t := range tags {
		text += fmt.Sprintf(" %s=%v", t.Key(), t.Value())
	}
	panic(fatal{text})
}

func (l logger) log(level slog.Level, msg string, tags []tag.Tag) {
	if level >= slog.LevelWarn {
		l.disk.look(tags)
	}
	ctx := context.Background()
	if !l.slog.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attrs[i] = slog.Any(t.Key(), t.Value())
	}
	l.slog.LogAttrs(ctx, level, msg, attrs...)
}
