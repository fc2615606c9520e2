// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const pace = 10 * time.Millisecond

// steady sends at a steady pace, each message once, until there is a file --until, while brokers
// are rolled: no send may fail. --out gets the id of each acknowledged message.
func steady(s *session, r *report) error {
	out, err := os.Create(s.out)
	if err != nil {
		return err
	}
	defer out.Close()
	p, err := s.producer(s.topic)
	if err != nil {
		return err
	}
	var sent, failed atomic.Int64
	var why atomic.Value
	var done sync.WaitGroup
	deadline := time.Now().Add(patience)
	for range senders {
		done.Add(1)
		go func() {
			defer done.Done()
			for !exists(s.until) && time.Now().Before(deadline) {
				receipts, err := p.Send(context.Background(), message(s.topic, int(sent.Add(1))))
				if err != nil {
					failed.Add(1)
					why.CompareAndSwap(nil, err.Error())
				} else {
					fmt.Fprintln(out, receipts[0].MessageID)
				}
				<-time.After(pace)
			}
		}()
	}
	done.Wait()
	fmt.Printf("INFO %d of %d sends failed\n", failed.Load(), sent.Load())
	r.check("none-failed", failed.Load() == 0, fmt.Sprint(why.Load()))
	r.check("sent-to-the-end", exists(s.until), "the roll took too long")
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
