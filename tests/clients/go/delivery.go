// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

// transport: one message there and back with the transport that --tls chooses.
func transport(s *session, r *report) error {
	if err := s.send(1, 2); err != nil {
		return err
	}
	receiver, err := newReceiver(s, "*", 30*time.Second)
	if err != nil {
		return err
	}
	defer receiver.close()
	v := receiver.next(time.Now().Add(30 * time.Second))
	r.check("tls-"+s.tls, v != nil, receiver.lastError())
	if v != nil {
		return receiver.ack(v)
	}
	return nil
}

// simple: sends synchronously and asynchronously, receives, checks every field, acknowledges.
func simple(s *session, r *report) error {
	sent, err := sendBothWays(s, r)
	if err != nil {
		return err
	}
	const invisible = 15 * time.Second
	receiver, err := newReceiver(s, "*", invisible)
	if err != nil {
		return err
	}
	defer receiver.close()
	received, different, again, first, acked := map[int]string{}, "", 0, 0, 0
	deadline := time.Now().Add(60 * time.Second)
	for v := receiver.next(deadline); v != nil; v = receiver.next(deadline) {
		i := indexOf(v)
		if different == "" {
			different = difference(v)
		}
		if v.GetDeliveryAttempt() == 1 {
			first++
		}
		if _, known := received[i]; known {
			again++
		}
		received[i] = v.GetMessageId()
		if err := receiver.ack(v); err != nil {
			return fmt.Errorf("ack %d: %w", i, err)
		}
		acked++
		if len(received) == len(sent) {
			// From here on only a message whose acknowledgement was lost could come.
			deadline = earlier(deadline, time.Now().Add(invisible+3*time.Second))
		}
	}
	r.check("receive-all", len(received) == len(sent),
		fmt.Sprintf("%d of %d, %s", len(received), len(sent), receiver.lastError()))
	r.equal("message-ids", sent, received)
	r.check("content", different == "", different)
	r.equal("first-attempt", acked, first)
	r.equal("acked-stays-away", 0, again)
	return nil
}

func sendBothWays(s *session, r *report) (map[int]string, error) {
	p, err := s.producer(s.topic)
	if err != nil {
		return nil, err
	}
	defer p.GracefulStop()
	count, sent := s.countOr(200), map[int]string{}
	for i := 0; i < count/2; i++ {
		receipts, err := p.Send(context.Background(), message(s.topic, i))
		if err != nil {
			return nil, fmt.Errorf("send %d: %w", i, err)
		}
		sent[i] = receipts[0].MessageID
	}
	r.equal("send-sync", count/2, len(sent))
	var lock sync.Mutex
	var pending sync.WaitGroup
	for i := count / 2; i < count; i++ {
		pending.Add(1)
		p.SendAsync(context.Background(), message(s.topic, i),
			func(_ context.Context, receipts []*mq.SendReceipt, err error) {
				defer pending.Done()
				lock.Lock()
				defer lock.Unlock()
				if err == nil {
					sent[i] = receipts[0].MessageID
				}
			})
	}
	pending.Wait()
	r.equal("send-async", count, len(sent))
	return sent, nil
}

// tags: the expression "a || b" gets the messages tagged a or b, neither c nor untagged ones.
func tags(s *session, r *report) error {
	count := s.countOr(60)
	if err := s.send(1, count); err != nil {
		return err
	}
	p, err := s.producer(s.topic)
	if err != nil {
		return err
	}
	defer p.GracefulStop()
	untagged := &mq.Message{Topic: s.topic, Body: []byte("untagged")}
	untagged.AddProperty("index", fmt.Sprint(count))
	if _, err := p.Send(context.Background(), untagged); err != nil {
		return err
	}
	expected, received := map[int]bool{}, map[int]bool{}
	for i := 1; i < count; i++ {
		if tagOf(i) != "c" {
			expected[i] = true
		}
	}
	receiver, err := newReceiver(s, "a || b", 30*time.Second)
	if err != nil {
		return err
	}
	defer receiver.close()
	deadline := time.Now().Add(60 * time.Second)
	for v := receiver.next(deadline); v != nil; v = receiver.next(deadline) {
		received[indexOf(v)] = true
		if err := receiver.ack(v); err != nil {
			return err
		}
		if len(received) == len(expected) {
			deadline = earlier(deadline, time.Now().Add(6*time.Second))
		}
	}
	r.equal("exactly-a-or-b", expected, received)
	return nil
}

// spread: messages go to every broker of the route, and one consumer gets them all.
func spread(s *session, r *report) error {
	p, err := s.producer(s.topic)
	if err != nil {
		return err
	}
	defer p.GracefulStop()
	count, sentTo, received := s.countOr(64), map[string]bool{}, map[int]bool{}
	for i := 1; i <= count; i++ {
		receipts, err := p.Send(context.Background(), message(s.topic, i))
		if err != nil {
			return fmt.Errorf("send %d: %w", i, err)
		}
		sentTo[receipts[0].Endpoints.String()] = true
	}
	receiver, err := newReceiver(s, "*", 30*time.Second)
	if err != nil {
		return err
	}
	defer receiver.close()
	deadline := time.Now().Add(60 * time.Second)
	for len(received) < count {
		v := receiver.next(deadline)
		if v == nil {
			break
		}
		received[indexOf(v)] = true
		if err := receiver.ack(v); err != nil {
			return err
		}
	}
	r.equal("received-all", count, len(received))
	r.check("sent-to-all-brokers", len(sentTo) == s.brokers, fmt.Sprintf("sent to %v", sentTo))
	return nil
}
