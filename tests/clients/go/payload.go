// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"fmt"
	"reflect"
	"sort"
	"strconv"

	mq "github.com/apache/rocketmq-clients/golang/v5"
)

const note = "grüße ✓ 你好"

var tagNames = []string{"a", "b", "c"}

// body is message number i of a topic: every byte follows from (topic, i).
func body(topic string, i int) []byte {
	head := fmt.Sprintf("%s#%d:", topic, i)
	fill := i * 37 % 2000
	if i == 0 {
		fill = 1 << 20
	}
	b := make([]byte, len(head)+fill)
	copy(b, head)
	for j := 0; j < fill; j++ {
		b[len(head)+j] = byte(i*31 + j)
	}
	return b
}

func tagOf(i int) string { return tagNames[i%len(tagNames)] }

func message(topic string, i int) *mq.Message {
	m := &mq.Message{Topic: topic, Body: body(topic, i)}
	m.SetTag(tagOf(i))
	m.SetKeys(fmt.Sprintf("key-%d", i), "all-"+topic)
	m.AddProperty("index", strconv.Itoa(i))
	m.AddProperty("note", note)
	return m
}

func indexOf(v *mq.MessageView) int {
	i, err := strconv.Atoi(v.GetProperties()["index"])
	if err != nil {
		return -1
	}
	return i
}

// difference is empty when v is message number indexOf(v) of its topic.
func difference(v *mq.MessageView) string {
	i, topic := indexOf(v), v.GetTopic()
	keys := append([]string{}, v.GetKeys()...)
	sort.Strings(keys)
	properties := map[string]string{"index": strconv.Itoa(i), "note": note}
	switch {
	case !bytes.Equal(v.GetBody(), body(topic, i)):
		return fmt.Sprintf("body of %d", i)
	case v.GetTag() == nil || *v.GetTag() != tagOf(i):
		return fmt.Sprintf("tag of %d", i)
	case !reflect.DeepEqual(keys, []string{"all-" + topic, fmt.Sprintf("key-%d", i)}):
		return fmt.Sprintf("keys of %d are %v", i, keys)
	case !reflect.DeepEqual(v.GetProperties(), properties):
		return fmt.Sprintf("properties of %d are %v", i, v.GetProperties())
	}
	return ""
}
