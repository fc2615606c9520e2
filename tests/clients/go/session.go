// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
	"github.com/apache/rocketmq-clients/golang/v5/credentials"
)

const await = 5 * time.Second

type options struct {
	endpoint, tls, topic, group, out, expect, until string
	count, brokers                                  int
}

func (o options) countOr(otherwise int) int {
	if o.count > 0 {
		return o.count
	}
	return otherwise
}

// session makes started clients for one scenario.
type session struct {
	options
	config *mq.Config
}

// newSession leaves the client's own transport (TLS without verification) unless --tls says so.
func newSession(o options) (*session, error) {
	switch o.tls {
	case "on":
		mq.EnableSsl = true
	case "off":
		mq.EnableSsl = false
	case "default":
	default:
		return nil, fmt.Errorf("--tls is default, on or off")
	}
	config := &mq.Config{
		Endpoint:      o.endpoint,
		ConsumerGroup: o.group,
		Credentials:   &credentials.SessionCredentials{},
	}
	return &session{options: o, config: config}, nil
}

func (s *session) producer(topics ...string) (mq.Producer, error) {
	p, err := mq.NewProducer(s.config, mq.WithTopics(topics...))
	if err != nil {
		return nil, err
	}
	return p, p.Start()
}

func (s *session) simpleConsumer(topic, expression string) (mq.SimpleConsumer, error) {
	subscription := map[string]*mq.FilterExpression{topic: mq.NewFilterExpression(expression)}
	c, err := mq.NewSimpleConsumer(s.config,
		mq.WithSimpleAwaitDuration(await), mq.WithSimpleSubscriptionExpressions(subscription))
	if err != nil {
		return nil, err
	}
	return c, c.Start()
}

// send sends messages first (inclusive) to last (exclusive) one after another.
func (s *session) send(first, last int) error {
	p, err := s.producer(s.topic)
	if err != nil {
		return err
	}
	defer p.GracefulStop()
	for i := first; i < last; i++ {
		if _, err := p.Send(context.Background(), message(s.topic, i)); err != nil {
			return fmt.Errorf("send %d: %w", i, err)
		}
	}
	return nil
}
