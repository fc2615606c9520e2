// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"sync/atomic"
	"time"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

const (
	receives = 8
	batch    = 16
	retry    = 100 * time.Millisecond
)

// receiver keeps several receives of one SimpleConsumer in flight, because each of them waits at
// one queue only, and hands over what they bring.
type receiver struct {
	consumer mq.SimpleConsumer
	arrived  chan *mq.MessageView
	stop     context.CancelFunc
	lastErr  atomic.Value
}

func newReceiver(s *session, expression string, invisible time.Duration) (*receiver, error) {
	c, err := s.simpleConsumer(s.topic, expression)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &receiver{consumer: c, arrived: make(chan *mq.MessageView, 1<<16), stop: stop}
	for i := 0; i < receives; i++ {
		go r.loop(ctx, invisible)
	}
	return r, nil
}

func (r *receiver) loop(ctx context.Context, invisible time.Duration) {
	for ctx.Err() == nil {
		views, err := r.consumer.Receive(ctx, batch, invisible)
		for _, v := range views {
			r.arrived <- v
		}
		// An empty receive is an error too, which the server's own waiting has paced already.
		status, ok := mq.AsErrRpcStatus(err)
		if err == nil || ok && status.Code == messageNotFound {
			continue
		}
		r.lastErr.Store(err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
}

// next is the next message, or nil when none comes before the deadline.
func (r *receiver) next(deadline time.Time) *mq.MessageView {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case v := <-r.arrived:
		return v
	case <-timer.C:
		return nil
	}
}

func (r *receiver) ack(v *mq.MessageView) error {
	return r.consumer.Ack(context.Background(), v)
}

func (r *receiver) close() {
	r.stop()
	r.consumer.GracefulStop()
}

func (r *receiver) lastError() string {
	if text, ok := r.lastErr.Load().(string); ok {
		return text
	}
	return "no error"
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
