// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"reflect"
	"strings"
)

// report prints one line per check and remembers whether any failed. Used by one goroutine.
type report struct {
	scenario string
	failed   bool
}

func (r *report) check(name string, ok bool, why string) {
	if ok {
		fmt.Printf("PASS %s/%s\n", r.scenario, name)
		return
	}
	r.failed = true
	fmt.Printf("FAIL %s/%s: %.300s\n", r.scenario, name, why)
}

func (r *report) equal(name string, expected, actual any) {
	r.check(name, reflect.DeepEqual(expected, actual),
		fmt.Sprintf("expected %v, got %v", expected, actual))
}

// refused passes when err is set and its text contains the word.
func (r *report) refused(name string, err error, word string) {
	if err == nil {
		r.check(name, false, "was accepted")
		return
	}
	r.check(name, strings.Contains(err.Error(), word), "refused with "+err.Error())
}
