// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

const (
	invisible = 10 * time.Second
	extended  = 20 * time.Second
	early     = time.Second // servers may be early by clock granularity, never by so much
)

// redelivery: message 1 is left alone and comes again after the invisible duration; message 2 has
// its invisible duration extended and comes again later. Both then are in their second attempt.
func redelivery(s *session, r *report) error {
	if err := s.send(1, 3); err != nil {
		return err
	}
	receiver, err := newReceiver(s, "*", invisible)
	if err != nil {
		return err
	}
	defer receiver.close()
	firstSeen, away := map[int]time.Time{}, map[int]time.Duration{}
	attempts, extra := map[int]int32{}, 0
	deadline := time.Now().Add(120 * time.Second)
	for v := receiver.next(deadline); v != nil; v = receiver.next(deadline) {
		i := indexOf(v)
		if seen, ok := firstSeen[i]; !ok {
			firstSeen[i] = time.Now()
			r.equal(fmt.Sprintf("first-attempt-%d", i), int32(1), v.GetDeliveryAttempt())
			if i == 2 {
				err = receiver.consumer.ChangeInvisibleDuration(v, extended)
			}
		} else if _, ok := away[i]; !ok {
			away[i], attempts[i] = time.Since(seen), v.GetDeliveryAttempt()
			err = receiver.ack(v)
		} else {
			extra++
		}
		if err != nil {
			return err
		}
		if len(away) == 2 {
			deadline = earlier(deadline, time.Now().Add(invisible+2*time.Second))
		}
	}
	r.equal("second-attempts", map[int]int32{1: 2, 2: 2}, attempts)
	r.check("invisible-duration", away[1] >= invisible-early, away[1].String())
	r.check("changed-invisible-duration", away[2] >= extended-early, away[2].String())
	r.equal("acked-stays-away", 0, extra)
	return nil
}

const refusedIndex = 7

type pushed struct {
	index, attempt int
	difference     string
}

// push: a push consumer gets each message once; the one it refuses at first comes once more.
func push(s *session, r *report) error {
	count, deliveries := s.countOr(200), make(chan pushed, 1<<16)
	listener := &mq.FuncMessageListener{Consume: func(v *mq.MessageView) mq.ConsumerResult {
		p := pushed{indexOf(v), int(v.GetDeliveryAttempt()), difference(v)}
		deliveries <- p
		if p.index == refusedIndex && p.attempt == 1 {
			return mq.FAILURE
		}
		return mq.SUCCESS
	}}
	subscription := map[string]*mq.FilterExpression{s.topic: mq.SUB_ALL}
	c, err := mq.NewPushConsumer(s.config, mq.WithPushAwaitDuration(await),
		mq.WithPushSubscriptionExpressions(subscription), mq.WithPushMessageListener(listener))
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	if err := s.send(0, count); err != nil {
		return err
	}
	times, different, last := map[int]int{}, "", 0
	deadline := time.After(90 * time.Second)
	for waiting, settled := true, false; waiting; {
		select {
		case p := <-deliveries:
			times[p.index]++
			if different == "" {
				different = p.difference
			}
			if p.index == refusedIndex {
				last = p.attempt
			}
		case <-deadline:
			waiting = false
		}
		if !settled && len(times) == count && times[refusedIndex] == 2 {
			settled, deadline = true, time.After(5*time.Second)
		}
	}
	r.equal("consumed-all", count, len(times))
	r.check("content", different == "", different)
	r.equal("refused-comes-again", 2, times[refusedIndex])
	r.equal("attempt-of-second-delivery", 2, last)
	delete(times, refusedIndex)
	repeated := 0
	for _, n := range times {
		if n != 1 {
			repeated++
		}
	}
	r.equal("others-exactly-once", 0, repeated)
	return nil
}
