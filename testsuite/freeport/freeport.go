package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

const (
	// first and last bound the allocated ports. Operating systems take the ports of
	// connections, and of listeners that name none, from a higher range: Linux from 32768 on,
	// macOS from 49152 on.
	first, last = 10_240, 32_767

	// blockSize is how many ports a process claims at a time.
	blockSize = 128
)

// given holds the ports that this process has claimed.
var given struct {
	sync.Mutex
	// claims listen on the first port of each block for as long as the process lives, so that
	// no other process uses ports of the block.
	claims []net.Listener
	// next and end bound the rest of the newest block.
	next, end int
}

// Get returns a free port of loopback that nobody else gets: not by Get, in any process, nor
// from the operating system.
func Get() (int, error) {
	given.Lock()
	defer given.Unlock()
	for {
		for given.next < given.end {
			port := given.next
			given.next++
			if listener, err := listen(port); err == nil {
				return port, listener.Close()
			}
		}
		if err := claim(); err != nil {
			return 0, err
		}
	}
}

// Address is [Get] as host:port.
func Address() (string, error) {
	port, err := Get()
	return address(port), err
}

// claim claims a block that no other process has.
func claim() error {
	const blocks = (last + 1 - first) / blockSize
	begin := rand.IntN(blocks)
	for i := range blocks {
		block := first + (begin+i)%blocks*blockSize
		listener, err := listen(block)
		if err != nil {
			continue // another process has it, or something else listens there
		}
		given.claims = append(given.claims, listener)
		given.next, given.end = block+1, block+blockSize
		return nil
	}
	return errors.New("freeport: every block of ports is taken; do processes of earlier tests still run?")
}

func listen(port int) (net.Listener, error) { return net.Listen("tcp", address(port)) }

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Must is [Get] for callers that need a port: it panics if no port is free.
func Must() int {
	port, err := Get()
	if err != nil {
		panic(fmt.Sprintf("%v", err))
	}
	return port
}
