// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"sync"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

const auditPatience = time.Minute

// idSet is a set of message ids that several goroutines add to.
type idSet struct {
	mutex sync.Mutex
	ids   map[string]bool
}

func newIDSet() *idSet { return &idSet{ids: map[string]bool{}} }

func (s *idSet) add(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.ids[id] = true
}

func (s *idSet) list() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	ids := make([]string, 0, len(s.ids))
	for id := range s.ids {
		ids = append(ids, id)
	}
	return ids
}

// lacks counts those of ids that are not in the set.
func (s *idSet) lacks(ids []string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := 0
	for _, id := range ids {
		if !s.ids[id] {
			n++
		}
	}
	return n
}

// follow: a push and a simple consumer, in groups of their own, go on while the engines of the
// brokers are made again. Both get all that --expect says was acknowledged, and a third group,
// which begins when all is over, finds whatever they got: nothing was delivered that was not
// committed.
func follow(s *session, r *report) error {
	count, deadline := s.countOr(2000), time.Now().Add(patience)
	pushed, received, audited := newIDSet(), newIDSet(), newIDSet()
	push, err := s.pushInto(pushed)
	if err != nil {
		return err
	}
	receiver, err := s.inGroup("-simple").receiver()
	if err != nil {
		return err
	}
	var acked []string
	gather(receiver, received, deadline, func() bool {
		acked, err = readLines(s.expect)
		return err != nil || len(acked) == count && pushed.lacks(acked) == 0 && received.lacks(acked) == 0
	})
	if err != nil {
		return err
	}
	receiver.close()
	push.GracefulStop()

	delivered := append(pushed.list(), received.list()...)
	auditor, err := s.inGroup("-audit").receiver()
	if err != nil {
		return err
	}
	gather(auditor, audited, time.Now().Add(auditPatience), func() bool {
		return audited.lacks(acked) == 0 && audited.lacks(delivered) == 0
	})
	auditor.close()
	r.equal("all-acked", count, len(acked))
	r.equal("push-misses-nothing", 0, pushed.lacks(acked))
	r.equal("simple-misses-nothing", 0, received.lacks(acked))
	r.equal("delivered-was-committed", 0, audited.lacks(delivered))
	fmt.Printf("INFO %d and %d messages came, %s\n", len(pushed.list()), len(received.list()), receiver.lastError())
	return nil
}

// gather receives until complete says so, which is asked about once a second.
func gather(receiver *receiver, into *idSet, deadline time.Time, complete func() bool) {
	look := time.Now()
	for time.Now().Before(deadline) {
		v := receiver.next(time.Now().Add(time.Second))
		if v != nil {
			into.add(v.GetMessageId())
			go receiver.ack(v) // what is not acknowledged comes again
		}
		if v == nil || time.Now().After(look) {
			if complete() {
				return
			}
			look = time.Now().Add(time.Second)
		}
	}
}

// inGroup is the session of another group, whose name ends with suffix.
func (s *session) inGroup(suffix string) *session {
	other, config := *s, *s.config
	config.ConsumerGroup += suffix
	other.group, other.config = config.ConsumerGroup, &config
	return &other
}

func (s *session) receiver() (*receiver, error) { return newReceiver(s, "*", 20*time.Second) }

func (s *session) pushInto(seen *idSet) (mq.PushConsumer, error) {
	listener := &mq.FuncMessageListener{Consume: func(v *mq.MessageView) mq.ConsumerResult {
		seen.add(v.GetMessageId())
		return mq.SUCCESS
	}}
	c, err := mq.NewPushConsumer(s.config, mq.WithPushAwaitDuration(await),
		mq.WithPushSubscriptionExpressions(map[string]*mq.FilterExpression{s.topic: mq.SUB_ALL}),
		mq.WithPushMessageListener(listener))
	if err != nil {
		return nil, err
	}
	return c, c.Start()
}
