// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Program conformance runs one scenario of the official Go client against --endpoint and exits
// with 1 when a check fails. Options and scenarios are those of ../README.md.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var o options
	flag.StringVar(&o.endpoint, "endpoint", "", "host:port of any broker or nameserver")
	flag.StringVar(&o.tls, "tls", "default", "default, on or off")
	flag.StringVar(&o.topic, "topic", "", "topic of this scenario alone")
	flag.StringVar(&o.group, "group", "", "consumer group of this scenario alone")
	flag.StringVar(&o.until, "until", "", "steady, held: file that steady ends with, that held waits for")
	flag.StringVar(&o.out, "out", "", "produce, steady: file of acknowledged message ids; held: of held messages")
	flag.StringVar(&o.expect, "expect", "", "consume, follow: file of acknowledged message ids")
	flag.IntVar(&o.count, "count", 0, "messages to send; 0 is the scenario's own number")
	flag.IntVar(&o.brokers, "brokers", 2, "brokers that the topic has queues on")
	scenario := flag.String("scenario", "", "what to run")
	flag.Parse()

	r := &report{scenario: *scenario}
	if err := run(*scenario, o, r); err != nil {
		r.check("completes", false, err.Error())
	}
	if r.failed {
		os.Exit(1)
	}
}

func run(scenario string, o options, r *report) error {
	scenarios := map[string]func(*session, *report) error{
		"transport":  transport,
		"simple":     simple,
		"push":       push,
		"tags":       tags,
		"redelivery": redelivery,
		"spread":     spread,
		"errors":     refusals,
		"produce":    produce,
		"steady":     steady,
		"consume":    consume,
		"follow":     follow,
		"held":       held,
	}
	f, ok := scenarios[scenario]
	if !ok {
		return fmt.Errorf("unknown scenario %q", scenario)
	}
	s, err := newSession(o)
	if err != nil {
		return err
	}
	return f(s, r)
}
