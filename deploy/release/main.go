// Command release builds what a release of Latch consists of, from the commit that is
// checked out and not from what was changed since: worker and starter for the usual
// platforms, each pair in an archive, a list of the modules in them as CycloneDX, and
// the checksums of all. Two runs for a commit, with the same Go, give the same files.
//
// Start reading at [release].
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// usual are the platforms of a release.
const usual = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

func main() {
	out := flag.String("out", "dist", "the folder to write to; it must be empty or missing")
	platforms := flag.String("platforms", usual, "for which to build, as GOOS/GOARCH with commas between them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	files, err := release(ctx, ".", *out, strings.Split(*platforms, ","))
	if err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
	for _, file := range files {
		fmt.Println(file)
	}
}
