// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"

	mq "github.com/apache/rocketmq-clients/golang/v5"
	v2 "github.com/apache/rocketmq-clients/golang/v5/protocol/v2"
)

const (
	unknown         = "no-such-topic"
	messageNotFound = int32(v2.Code_MESSAGE_NOT_FOUND)
)

// refusals: unknown topic, too large a body, a message type that the topic does not take.
func refusals(s *session, r *report) error {
	p, err := s.producer(s.topic)
	if err != nil {
		return err
	}
	defer p.GracefulStop()
	send := func(m *mq.Message) error {
		_, err := p.Send(context.Background(), m)
		return err
	}
	fifo := &mq.Message{Topic: s.topic, Body: []byte("x")}
	fifo.SetMessageGroup("one")
	r.refused("unknown-topic", send(&mq.Message{Topic: unknown, Body: []byte("x")}), "TOPIC_NOT_FOUND")
	r.refused("oversized-body", send(&mq.Message{Topic: s.topic, Body: make([]byte, 4<<20+1)}), "size")
	r.refused("wrong-message-type", send(fifo), "type")
	err = send(&mq.Message{Topic: s.topic, Body: make([]byte, 4<<20)})
	r.check("largest-body", err == nil, "refused")
	_, err = s.simpleConsumer(unknown, "*")
	r.refused("consumer-of-unknown-topic", err, "TOPIC_NOT_FOUND")
	return nil
}
