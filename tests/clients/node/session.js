// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
'use strict';

const { setTimeout: pause } = require('node:timers/promises');
const { Producer, PushConsumer, SimpleConsumer } = require('rocketmq-client-nodejs');
const { describe } = require('./report');
const payload = require('./payload');

const AWAIT_MS = 5000;
const RECEIVES = 8;
const BATCH = 16;
const RETRY_MS = 100;

/** Started clients for one scenario. */
class Session {
  constructor(options, report) {
    this.options = options;
    this.report = report;
    this.topic = options.topic;
    this.group = options.group;
  }

  /** --tls default passes nothing: the client's own default is plaintext. */
  #common() {
    const { endpoint, tls } = this.options;
    return { endpoints: endpoint, ...(tls === 'default' ? {} : { sslEnabled: tls === 'on' }) };
  }

  async producer(...topics) {
    const producer = new Producer({ ...this.#common(), topic: topics });
    await producer.startup();
    return producer;
  }

  async simpleConsumer(topic, tags = '*') {
    const consumer = new SimpleConsumer({
      ...this.#common(),
      consumerGroup: this.group,
      subscriptions: new Map([[ topic, tags ]]),
      awaitDuration: AWAIT_MS,
    });
    await consumer.startup();
    return consumer;
  }

  async pushConsumer(messageListener) {
    const consumer = new PushConsumer({
      ...this.#common(),
      consumerGroup: this.group,
      subscriptions: new Map([[ this.topic, '*' ]]),
      messageListener,
    });
    await consumer.startup();
    return consumer;
  }

  count(otherwise) {
    return Number(this.options.count) || otherwise;
  }

  message(i) {
    return payload.message(this.topic, i);
  }

  async send(first, last) {
    const producer = await this.producer(this.topic);
    for (let i = first; i < last; i++) {
      await producer.send(this.message(i));
    }
    await producer.shutdown();
  }
}

/** A queue whose reader waits until a deadline (milliseconds of Date.now). */
class Mailbox {
  #items = [];
  #wake = null;

  put(item) {
    this.#items.push(item);
    this.#wake?.();
  }

  async next(deadline) {
    while (this.#items.length === 0 && Date.now() < deadline) {
      let timer;
      await new Promise(resolve => {
        this.#wake = resolve;
        timer = setTimeout(resolve, deadline - Date.now());
      });
      clearTimeout(timer);
      this.#wake = null;
    }
    return this.#items.shift();
  }
}

/** Keeps several receives in flight, because each of them waits at one queue only. */
class Receiver extends Mailbox {
  lastError = 'no error';
  #closed = false;

  constructor(consumer, invisibleMs) {
    super();
    this.consumer = consumer;
    for (let i = 0; i < RECEIVES; i++) {
      this.#loop(invisibleMs);
    }
  }

  async #loop(invisibleMs) {
    while (!this.#closed) {
      try {
        const views = await this.consumer.receive(BATCH, invisibleMs);
        views.forEach(view => this.put(view));
      } catch (error) {
        this.lastError = describe(error);
        await pause(RETRY_MS);
      }
    }
  }

  close() {
    this.#closed = true;
  }
}

const within = ms => Date.now() + ms;

module.exports = { Session, Mailbox, Receiver, within };
