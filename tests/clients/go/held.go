// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

// held: a push consumer works on messages while all brokers are away for longer than a delivery is
// renewed for: none of them is delivered a second time to the client that still works on it. --out
// gets a line a held message; --until is there when the brokers are back.
func held(s *session, r *report) error {
	count := s.countOr(8)
	out, err := os.Create(s.out)
	if err != nil {
		return err
	}
	defer out.Close()
	var lock sync.Mutex
	begun, done, release := map[int]int{}, 0, make(chan struct{})
	listener := &mq.FuncMessageListener{Consume: func(v *mq.MessageView) mq.ConsumerResult {
		index := indexOf(v)
		lock.Lock()
		begun[index]++
		lock.Unlock()
		if index <= count {
			fmt.Fprintln(out, index)
			<-release
		}
		lock.Lock()
		defer lock.Unlock()
		done++
		return mq.SUCCESS
	}}
	c, err := mq.NewPushConsumer(s.config, mq.WithPushAwaitDuration(await),
		mq.WithPushSubscriptionExpressions(map[string]*mq.FilterExpression{s.topic: mq.SUB_ALL}),
		mq.WithPushMessageListener(listener))
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	if err := s.send(1, count+1); err != nil {
		return err
	}
	awaitThat(func() bool { return exists(s.until) })
	if err := s.send(count+1, 2*count+1); err != nil {
		return err
	}
	holds := func(condition func() bool) func() bool {
		return func() bool {
			lock.Lock()
			defer lock.Unlock()
			return condition()
		}
	}
	// A delivery that is due again goes before or with what is new in its queue.
	flows := awaitThat(holds(func() bool { return len(begun) == 2*count }))
	close(release)
	ended := awaitThat(holds(func() bool { return done >= 2*count }))
	lock.Lock()
	defer lock.Unlock()
	repeated := 0
	for _, n := range begun {
		if n != 1 {
			repeated++
		}
	}
	r.check("flows-again", flows, fmt.Sprint(begun))
	r.check("all-done", ended, fmt.Sprintf("%d ended", done))
	r.equal("each-once", 0, repeated)
	return nil
}

func awaitThat(condition func() bool) bool {
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			return false
		}
		<-time.After(100 * time.Millisecond)
	}
	return true
}
