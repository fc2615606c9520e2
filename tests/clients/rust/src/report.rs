// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//! One line per check; remembers whether any failed.

use std::fmt::{Debug, Display};

pub struct Report {
    scenario: String,
    pub failed: bool,
}

impl Report {
    pub fn new(scenario: &str) -> Self {
        Report { scenario: scenario.to_string(), failed: false }
    }

    pub fn check(&mut self, name: &str, ok: bool, why: impl Display) {
        self.failed |= !ok;
        if ok {
            println!("PASS {}/{name}", self.scenario);
        } else {
            let why: String = why.to_string().chars().take(300).collect();
            println!("FAIL {}/{name}: {why}", self.scenario);
        }
    }

    pub fn equal<T: PartialEq + Debug>(&mut self, name: &str, expected: T, actual: T) {
        let ok = expected == actual;
        self.check(name, ok, format!("expected {expected:?}, got {actual:?}"));
    }

    /// Passes when the result is an error whose text contains the word.
    pub fn refused<T, E: Display>(&mut self, name: &str, result: Result<T, E>, word: &str) {
        match result {
            Ok(_) => self.check(name, false, "was accepted"),
            Err(e) => self.check(name, e.to_string().contains(word), format!("refused with {e}")),
        }
    }
}
