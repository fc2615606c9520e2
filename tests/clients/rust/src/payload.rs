// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//! Message number i of a topic: every byte follows from (topic, i).

use std::collections::{HashMap, HashSet};

use rocketmq::model::message::{Message, MessageBuilder, MessageView};

const NOTE: &str = "grüße ✓ 你好";
const TAGS: [&str; 3] = ["a", "b", "c"];

fn body(topic: &str, i: usize) -> Vec<u8> {
    let fill = if i == 0 { 1 << 20 } else { i * 37 % 2000 };
    let mut body = format!("{topic}#{i}:").into_bytes();
    body.extend((0..fill).map(|j| (i * 31 + j) as u8));
    body
}

pub fn tag(i: usize) -> &'static str {
    TAGS[i % TAGS.len()]
}

fn properties(i: usize) -> HashMap<String, String> {
    HashMap::from([("index".to_string(), i.to_string()), ("note".to_string(), NOTE.to_string())])
}

fn keys(topic: &str, i: usize) -> Vec<String> {
    vec![format!("key-{i}"), format!("all-{topic}")]
}

pub fn message(topic: &str, i: usize) -> impl Message {
    MessageBuilder::builder()
        .set_topic(topic)
        .set_body(body(topic, i))
        .set_tag(tag(i))
        .set_keys(keys(topic, i))
        .set_properties(properties(i))
        .build()
        .expect("a complete message")
}

pub fn index(view: &MessageView) -> usize {
    view.properties()["index"].parse().expect("index is a number")
}

/// Empty when view is message number index(view) of its topic, or else what differs.
pub fn difference(view: &MessageView) -> String {
    let (i, topic) = (index(view), view.topic());
    let expected_keys: HashSet<_> = keys(topic, i).into_iter().collect();
    let actual_keys: HashSet<_> = view.keys().iter().cloned().collect();
    if view.body() != body(topic, i) {
        format!("body of {i}")
    } else if view.tag() != Some(tag(i)) {
        format!("tag of {i} is {:?}", view.tag())
    } else if expected_keys != actual_keys {
        format!("keys of {i} are {actual_keys:?}")
    } else if *view.properties() != properties(i) {
        format!("properties of {i} are {:?}", view.properties())
    } else {
        String::new()
    }
}
