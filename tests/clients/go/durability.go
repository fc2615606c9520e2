// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

const (
	patience    = 4 * time.Minute
	senders     = 4
	resendPause = 50 * time.Millisecond
)

// produce sends until --count messages are acknowledged; --out gets one message id a line.
// Brokers are killed and restarted meanwhile.
func produce(s *session, r *report) error {
	count := int64(s.countOr(2000))
	out, err := os.Create(s.out)
	if err != nil {
		return err
	}
	defer out.Close()
	p, err := s.producer(s.topic)
	if err != nil {
		return err
	}
	var tickets, acked, failures atomic.Int64
	var done sync.WaitGroup
	deadline := time.Now().Add(patience)
	for range senders {
		done.Add(1)
		go func() {
			defer done.Done()
			for i := tickets.Add(1); i <= count; i = tickets.Add(1) {
				id := sendUntilAcked(p, s.topic, int(i), deadline, &failures)
				if id == "" {
					return
				}
				fmt.Fprintln(out, id) // one write(2), so lines of several senders do not mix
				acked.Add(1)
			}
		}()
	}
	done.Wait()
	fmt.Printf("INFO %d sends failed and were repeated\n", failures.Load())
	r.equal("all-acked", count, acked.Load())
	return nil
}

func sendUntilAcked(p mq.Producer, topic string, i int, deadline time.Time, failures *atomic.Int64) string {
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		receipts, err := p.Send(ctx, message(topic, i))
		cancel()
		if err == nil {
			return receipts[0].MessageID
		}
		failures.Add(1)
		<-time.After(resendPause)
	}
	return ""
}

// consume receives until --expect holds --count ids and all of them were seen.
func consume(s *session, r *report) error {
	receiver, err := newReceiver(s, "*", 20*time.Second)
	if err != nil {
		return err
	}
	var acks sync.WaitGroup
	count, seen, duplicates := s.countOr(2000), map[string]bool{}, 0
	missing, complete := 0, false
	for deadline := time.Now().Add(patience); !complete && time.Now().Before(deadline); {
		v := receiver.next(time.Now().Add(time.Second))
		if v != nil {
			if seen[v.GetMessageId()] {
				duplicates++
			}
			seen[v.GetMessageId()] = true
			acks.Add(1)
			go func() { // what is not acknowledged, its broker being down, comes again
				defer acks.Done()
				receiver.ack(v)
			}()
		}
		if v == nil || len(seen) >= count {
			acked, err := readLines(s.expect)
			if err != nil {
				return err
			}
			missing = 0
			for _, id := range acked {
				if !seen[id] {
					missing++
				}
			}
			complete = len(acked) == count && missing == 0
		}
	}
	acks.Wait()
	fmt.Printf("INFO %d came more than once\n", duplicates)
	r.check("acked-all-received", complete,
		fmt.Sprintf("%d acknowledged messages did not come, %s", missing, receiver.lastError()))
	return nil
}

func readLines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var lines []string
	for scanner := bufio.NewScanner(strings.NewReader(string(text))); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return lines, err
}
