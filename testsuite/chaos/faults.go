package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/latch-run/latch/testsuite/cluster"
)

// faults break the cluster and the receivers, and repair them.
type faults struct {
	cluster   *cluster.Cluster
	receivers *receivers
	random    *rand.Rand
	// count counts how often each was broken.
	count map[string]int
}

// run breaks one thing after another until the context ends, and PostgreSQL once after half of
// the length. Everything works again when it returns.
func (f *faults) run(ctx context.Context, length time.Duration) error {
	half := time.After(length / 2)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-half:
			f.count["PostgreSQL"]++
			if err := f.cluster.Postgres.Crash(context.WithoutCancel(ctx)); err != nil {
				return err
			}
			continue
		case <-time.After(f.between(time.Second, 4*time.Second)):
		}
		if err := f.break1(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
}

// break1 breaks one thing for up to two seconds.
func (f *faults) break1(ctx context.Context) error {
	down := f.between(0, 2*time.Second)
	switch choice := f.random.IntN(20); {
	case choice < 10:
		return f.kill(ctx, "worker", f.cluster.Workers[f.random.IntN(len(f.cluster.Workers))], down)
	case choice < 14:
		return f.kill(ctx, "API", f.cluster.APIs[f.random.IntN(len(f.cluster.APIs))], down)
	case choice < 17:
		return f.kill(ctx, "Temporal", f.cluster.Temporal, down)
	}
	f.count["receivers"]++
	if err := f.receivers.stop(); err != nil {
		return err
	}
	<-time.After(down)
	return f.receivers.restart()
}

func (f *faults) kill(ctx context.Context, what string, m *cluster.Member, down time.Duration) error {
	f.count[what]++
	if err := m.Kill(); err != nil {
		return fmt.Errorf("nobody killed it yet: %w", err)
	}
	<-time.After(down)
	return m.Start(ctx)
}

func (f *faults) between(least, most time.Duration) time.Duration {
	return least + time.Duration(f.random.Int64N(int64(most-least)))
}
