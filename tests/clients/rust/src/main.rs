// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//! Runs one scenario of the official Rust client against --endpoint; exit code 1 on failure.

mod payload;
mod report;
mod scenarios;
mod session;

use std::collections::HashMap;

use report::Report;
use scenarios::Outcome;
use session::Session;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let mut options = HashMap::new();
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        options.insert(name.trim_start_matches("--").to_string(), value);
    }
    let scenario = options["scenario"].clone();
    let mut report = Report::new(&scenario);
    if let Err(error) = run(&scenario, &Session::new(options), &mut report).await {
        report.check("completes", false, error);
    }
    std::process::exit(i32::from(report.failed));
}

async fn run(scenario: &str, session: &Session, report: &mut Report) -> Outcome {
    match scenario {
        "transport" => scenarios::transport(session, report).await,
        "simple" => scenarios::simple(session, report).await,
        "tags" => scenarios::tags(session, report).await,
        "redelivery" => scenarios::redelivery(session, report).await,
        "spread" => scenarios::spread(session, report).await,
        "errors" => scenarios::errors(session, report).await,
        _ => panic!("unknown scenario {scenario}"),
    }
}
