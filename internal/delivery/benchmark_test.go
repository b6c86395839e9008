package delivery

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/latch-run/latch/internal/mask"
)

// BenchmarkMaskHeld measures the cost of masking an answer with few and with many secrets. The
// cost hardly depends on their number.
func BenchmarkMaskHeld(b *testing.B) {
	const unit = `{"id":"4711","name":"Ada Lovelace","token_count":12345,"status":"succeeded"},`
	for _, count := range []int{1, 100, 500} {
		sender := newSender(b, Options{Secrets: secrets(b, manySecrets(count), nil)})
		for name, text := range map[string]string{"pass": `{"result":"pass"}`, "64 KiB": strings.Repeat(unit, MaximumResponseBytes/len(unit))} {
			b.Run(fmt.Sprintf("%s/%d secrets", name, count), func(b *testing.B) {
				for b.Loop() {
					if sender.maskerOf(nil).Text(text) != text {
						b.Fatal("the text holds no secret")
					}
				}
			})
		}
	}
}

// BenchmarkMaskersHold measures the work that a worker does once, and whenever a file of its
// secrets changes.
func BenchmarkMaskersHold(b *testing.B) {
	for _, count := range []int{1, 100, 500} {
		b.Run(fmt.Sprintf("%d secrets", count), func(b *testing.B) {
			held := secrets(b, manySecrets(count), nil).Held()
			for b.Loop() {
				mask.NewCache().Of(held, nil)
			}
		})
	}
}

// manySecrets returns values like those that services issue.
func manySecrets(count int) map[string]string {
	all := map[string]string{}
	for i := range count {
		chance := make([]byte, 24)
		rand.Read(chance)
		all[fmt.Sprintf("s%d", i)] = base64.StdEncoding.EncodeToString(chance)
	}
	return all
}
