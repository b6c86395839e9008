// Command is what this package's tests run: its first argument chooses what it does.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
)

func main() {
	switch os.Args[1] {
	case "env": // prints its environment, sorted
		env := os.Environ()
		slices.Sort(env)
		fmt.Println(strings.Join(env, "\n"))
	case "copy": // copies stdin to stdout, complains and fails
		_, _ = io.Copy(os.Stdout, os.Stdin)
		fmt.Fprintln(os.Stderr, "complaint")
		os.Exit(3)
	case "serve": // is ready at an address until SIGTERM, or for ever with "stubborn"
		serve(os.Args[2], slices.Contains(os.Args, "stubborn"))
	case "race": // writes a variable from two goroutines
		race()
	}
}

func serve(address string, stubborn bool) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() { _ = http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) }()
	<-terminated
	fmt.Println("terminated")
	if stubborn {
		select {}
	}
	os.Exit(7)
}

func race() {
	var shared int
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for range 1000 {
				shared++
			}
		})
	}
	group.Wait()
	fmt.Println(shared > 0)
}
