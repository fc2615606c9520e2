// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//! The scenarios of ../README.md that this client can do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use futures::future::try_join_all;
use rocketmq::error::ClientError;
use rocketmq::model::message::{AckMessageEntry, MessageBuilder};
use tokio::time::Instant;

use crate::payload;
use crate::report::Report;
use crate::session::{within, Session};

pub type Outcome = Result<(), ClientError>;

const UNKNOWN: &str = "no-such-topic";
const INVISIBLE_S: u64 = 10;
/// Servers may be early by clock granularity, never by so much.
const EARLY_S: u64 = 1;

/// One message there and back with the client's only transport, plaintext.
pub async fn transport(session: &Session, report: &mut Report) -> Outcome {
    session.send(1..2).await?;
    let mut receiver = session.receiver("*", Duration::from_secs(30)).await?;
    let view = receiver.next(within(30)).await;
    report.check("tls-default", view.is_some(), "nothing came");
    match view {
        Some(view) => receiver.ack(&view).await,
        None => Ok(()),
    }
}

/// Sends one by one and all at once, receives, checks every field, acknowledges.
pub async fn simple(session: &Session, report: &mut Report) -> Outcome {
    const INVISIBLE_S: u64 = 15;
    let sent = send_both_ways(session, report).await?;
    let mut receiver = session.receiver("*", Duration::from_secs(INVISIBLE_S)).await?;
    let (mut received, mut different) = (BTreeMap::new(), String::new());
    let (mut again, mut first, mut acked) = (0, 0, 0);
    let mut deadline = within(60);
    while let Some(view) = receiver.next(deadline).await {
        let i = payload::index(&view);
        if different.is_empty() {
            different = payload::difference(&view);
        }
        first += usize::from(view.delivery_attempt() == 1);
        again += usize::from(received.insert(i, view.message_id().to_string()).is_some());
        receiver.ack(&view).await?;
        acked += 1;
        if received.len() == sent.len() {
            // From here on only a message whose acknowledgement was lost could come.
            deadline = deadline.min(within(INVISIBLE_S + 3));
        }
    }
    report.equal("receive-all", sent.len(), received.len());
    report.equal("message-ids", sent, received);
    report.check("content", different.is_empty(), &different);
    report.equal("first-attempt", acked, first);
    report.equal("acked-stays-away", 0, again);
    Ok(())
}

async fn send_both_ways(
    session: &Session,
    report: &mut Report,
) -> Result<BTreeMap<usize, String>, ClientError> {
    let (count, mut sent) = (session.number("count", 200), BTreeMap::new());
    let producer = session.producer(vec![&session.topic]).await?;
    for i in 0..count / 2 {
        let receipt = producer.send(session.message(i)).await?;
        sent.insert(i, receipt.message_id().to_string());
    }
    report.equal("send-sync", count / 2, sent.len());
    let sends = (count / 2..count).map(|i| {
        let producer = &producer;
        async move { producer.send(session.message(i)).await.map(|receipt| (i, receipt)) }
    });
    for (i, receipt) in try_join_all(sends).await? {
        sent.insert(i, receipt.message_id().to_string());
    }
    report.equal("send-async", count, sent.len());
    producer.shutdown().await?;
    Ok(sent)
}

/// The expression "a || b" gets the messages tagged a or b, neither c nor untagged ones.
pub async fn tags(session: &Session, report: &mut Report) -> Outcome {
    let count = session.number("count", 60);
    session.send(1..count).await?;
    let producer = session.producer(vec![&session.topic]).await?;
    let untagged = MessageBuilder::builder()
        .set_topic(&session.topic)
        .set_body(b"untagged".to_vec())
        .set_properties(HashMap::from([("index", count.to_string())]))
        .build()?;
    producer.send(untagged).await?;
    let expected: BTreeSet<_> = (1..count).filter(|i| payload::tag(*i) != "c").collect();
    let mut receiver = session.receiver("a || b", Duration::from_secs(30)).await?;
    let (mut received, mut deadline) = (BTreeSet::new(), within(60));
    while let Some(view) = receiver.next(deadline).await {
        received.insert(payload::index(&view));
        receiver.ack(&view).await?;
        if received.len() == expected.len() {
            deadline = deadline.min(within(6));
        }
    }
    report.equal("exactly-a-or-b", expected, received);
    Ok(())
}

/// A message that is left alone comes again after the invisible duration, as second attempt.
/// (This client cannot change the duration.)
pub async fn redelivery(session: &Session, report: &mut Report) -> Outcome {
    session.send(1..2).await?;
    let mut receiver = session.receiver("*", Duration::from_secs(INVISIBLE_S)).await?;
    let (mut attempts, mut seen, mut deadline) = (Vec::new(), Vec::new(), within(90));
    while let Some(view) = receiver.next(deadline).await {
        attempts.push(view.delivery_attempt());
        seen.push(Instant::now());
        if attempts.len() == 2 {
            receiver.ack(&view).await?;
            deadline = deadline.min(within(INVISIBLE_S + 2));
        }
    }
    report.equal("attempts", vec![1, 2], attempts);
    let away = if seen.len() > 1 { seen[1] - seen[0] } else { Duration::ZERO };
    let ok = away >= Duration::from_secs(INVISIBLE_S - EARLY_S);
    report.check("invisible-duration", ok, format!("came again after {away:?}"));
    Ok(())
}

/// Messages go to every broker of the route, and one consumer gets them all.
pub async fn spread(session: &Session, report: &mut Report) -> Outcome {
    let (count, brokers) = (session.number("count", 64), session.number("brokers", 2));
    session.send(1..count + 1).await?;
    let mut receiver = session.receiver("*", Duration::from_secs(30)).await?;
    let (mut received, mut received_from) = (BTreeSet::new(), BTreeSet::new());
    let deadline = within(60);
    while received.len() < count {
        let Some(view) = receiver.next(deadline).await else { break };
        received.insert(payload::index(&view));
        received_from.insert(view.endpoints().endpoint_url().to_string());
        receiver.ack(&view).await?;
    }
    report.equal("received-all", count, received.len());
    report.check(
        "received-from-all-brokers",
        received_from.len() == brokers,
        format!("received from {received_from:?}"),
    );
    Ok(())
}

/// This client checks little itself, so these are the server's own answers.
pub async fn errors(session: &Session, report: &mut Report) -> Outcome {
    let topic = session.topic.as_str();
    let plain = |topic: &str, size: usize| {
        MessageBuilder::builder().set_topic(topic).set_body(vec![0; size]).build()
    };
    let producer = session.producer(vec![topic]).await?;
    let unknown = producer.send(plain(UNKNOWN, 1)?).await;
    report.refused("unknown-topic", unknown, "TOPIC_NOT_FOUND");
    let oversized = producer.send(plain(topic, (4 << 20) + 1)?).await;
    report.refused("oversized-body", oversized, "MESSAGE_BODY_TOO_LARGE");
    let fifo = MessageBuilder::fifo_message_builder(topic, vec![0], "one").build()?;
    let fifo = producer.send(fifo).await;
    report.refused("wrong-message-type", fifo, "MESSAGE_PROPERTY_CONFLICT_WITH_TYPE");
    let largest = producer.send(plain(topic, 4 << 20)?).await;
    report.check("largest-body", largest.is_ok(), format!("{:?}", largest.err()));
    let producer = session.producer(vec![UNKNOWN]).await;
    report.refused("producer-of-unknown-topic", producer.map(drop), "TOPIC_NOT_FOUND");
    let consumer = session.consumer(UNKNOWN).await;
    report.refused("consumer-of-unknown-topic", consumer.map(drop), "TOPIC_NOT_FOUND");
    Ok(())
}
