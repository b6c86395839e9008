package e2e

import (
	"regexp"
	"strconv"
)

var loggedAttempt = regexp.MustCompile(`delivery=(\S+) attempt=(\d+)`)

// loggedAttempts lists the numbers of a delivery's attempts in the worker's log.
func (b *bench) loggedAttempts(deliveryID string) []int {
	var attempts []int
	for _, line := range loggedAttempt.FindAllStringSubmatch(b.worker.Stderr.String(), -1) {
		if line[1] == deliveryID {
			number, _ := strconv.Atoi(line[2]) // the pattern matches only digits
			attempts = append(attempts, number)
		}
	}
	return attempts
}

// counting returns the numbers from first to last.
func counting(first, last int) []int {
	var numbers []int
	for i := first; i <= last; i++ {
		numbers = append(numbers, i)
	}
	return numbers
}
