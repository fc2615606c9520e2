// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//! Started clients for one scenario, and a receiver over a SimpleConsumer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rocketmq::conf::{ClientOption, ProducerOption, SimpleConsumerOption};
use rocketmq::error::ClientError;
use rocketmq::model::common::{FilterExpression, FilterType};
use rocketmq::model::message::{Message, MessageView};
use rocketmq::{Producer, SimpleConsumer};
use tokio::sync::mpsc;
use tokio::time::{timeout_at, Instant};

use crate::payload;

/// Also the deadline of a receive in this client, so it must exceed the shortest polling time.
const AWAIT: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(100);
const RECEIVES: usize = 8;
const BATCH: i32 = 16;

pub struct Session {
    options: HashMap<String, String>,
    pub topic: String,
}

impl Session {
    pub fn new(options: HashMap<String, String>) -> Self {
        let topic = options["topic"].clone();
        Session { options, topic }
    }

    pub fn number(&self, name: &str, otherwise: usize) -> usize {
        let value = self.options.get(name).and_then(|text| text.parse().ok());
        value.filter(|n| *n > 0).unwrap_or(otherwise)
    }

    /// This client has no TLS: version 5.0.0 has the code commented out.
    fn client(&self) -> ClientOption {
        let mut option = ClientOption::default();
        option.set_access_url(&self.options["endpoint"]);
        option.set_long_polling_timeout(AWAIT);
        option
    }

    pub async fn producer(&self, topics: Vec<&str>) -> Result<Producer, ClientError> {
        let mut option = ProducerOption::default();
        option.set_topics(topics);
        let mut producer = Producer::new(option, self.client())?;
        producer.start().await?;
        Ok(producer)
    }

    pub async fn consumer(&self, topic: &str) -> Result<SimpleConsumer, ClientError> {
        let mut option = SimpleConsumerOption::default();
        option.set_topics(vec![topic]);
        option.set_consumer_group(&self.options["group"]);
        let mut consumer = SimpleConsumer::new(option, self.client())?;
        consumer.start().await?;
        Ok(consumer)
    }

    pub fn message(&self, i: usize) -> impl Message {
        payload::message(&self.topic, i)
    }

    pub async fn send(&self, numbers: impl Iterator<Item = usize>) -> Result<(), ClientError> {
        let producer = self.producer(vec![&self.topic]).await?;
        for i in numbers {
            producer.send(self.message(i)).await?;
        }
        producer.shutdown().await
    }

    pub async fn receiver(&self, tags: &str, invisible: Duration) -> Result<Receiver, ClientError> {
        let consumer = Arc::new(self.consumer(&self.topic).await?);
        Ok(Receiver::new(consumer, &self.topic, tags, invisible))
    }
}

/// Keeps several receives in flight, because each of them waits at one queue only.
pub struct Receiver {
    consumer: Arc<SimpleConsumer>,
    arrived: mpsc::UnboundedReceiver<MessageView>,
}

impl Receiver {
    fn new(consumer: Arc<SimpleConsumer>, topic: &str, tags: &str, invisible: Duration) -> Self {
        let (sink, arrived) = mpsc::unbounded_channel();
        for _ in 0..RECEIVES {
            let (consumer, sink) = (consumer.clone(), sink.clone());
            let (topic, filter) = (topic.to_string(), FilterExpression::new(FilterType::Tag, tags));
            tokio::spawn(async move {
                while !sink.is_closed() {
                    match consumer.receive_with(&topic, &filter, BATCH, invisible).await {
                        Ok(views) => views.into_iter().for_each(|view| _ = sink.send(view)),
                        Err(error) => {
                            eprintln!("receive: {error}");
                            tokio::time::sleep(RETRY).await;
                        }
                    }
                }
            });
        }
        Receiver { consumer, arrived }
    }

    /// The next message, or None when none comes before the deadline.
    pub async fn next(&mut self, deadline: Instant) -> Option<MessageView> {
        timeout_at(deadline, self.arrived.recv()).await.ok().flatten()
    }

    pub async fn ack(&self, view: &MessageView) -> Result<(), ClientError> {
        self.consumer.ack(view).await
    }
}

pub fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}
