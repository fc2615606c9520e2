// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
'use strict';

const { ConsumeResult } = require('rocketmq-client-nodejs');
const payload = require('./payload');
const { Mailbox, Receiver, within } = require('./session');

const UNKNOWN = 'no-such-topic';
const REFUSED = 7;
const INVISIBLE_MS = 10000;
const EXTENDED_MS = 20000;
const EARLY_MS = 1000; // servers may be early by clock granularity, never by so much

/** One message there and back with the transport that --tls chooses. */
async function transport(session) {
  await session.send(1, 2);
  const receiver = new Receiver(await session.simpleConsumer(session.topic), 30000);
  const view = await receiver.next(within(30000));
  session.report.check(`tls-${session.options.tls}`, view !== undefined, receiver.lastError);
  if (view) {
    await receiver.consumer.ack(view);
  }
  receiver.close();
}

/** Sends one by one and all at once, receives, checks every field, acknowledges. */
async function simple(session) {
  const count = session.count(200);
  const half = Math.floor(count / 2);
  const sent = new Map();
  const producer = await session.producer(session.topic);
  for (let i = 0; i < half; i++) {
    sent.set(i, (await producer.send(session.message(i))).messageId);
  }
  session.report.equal('send-sync', half, sent.size);
  const sends = Array.from({ length: count - half }, async (_, j) => {
    sent.set(half + j, (await producer.send(session.message(half + j))).messageId);
  });
  await Promise.all(sends);
  session.report.equal('send-async', count, sent.size);
  await producer.shutdown();
  await receiveAll(session, sent, 15000);
}

async function receiveAll(session, sent, invisibleMs) {
  const receiver = new Receiver(await session.simpleConsumer(session.topic), invisibleMs);
  const received = new Map();
  let different = '';
  let again = 0;
  let acked = 0;
  let first = 0;
  let deadline = within(60000);
  for (let view; (view = await receiver.next(deadline)) !== undefined;) {
    const i = payload.index(view);
    different ||= payload.difference(view);
    first += view.deliveryAttempt === 1 ? 1 : 0;
    again += received.has(i) ? 1 : 0;
    received.set(i, view.messageId);
    await receiver.consumer.ack(view);
    acked++;
    if (received.size === sent.size) {
      // From here on only a message whose acknowledgement was lost could come.
      deadline = Math.min(deadline, within(invisibleMs + 3000));
    }
  }
  receiver.close();
  session.report.check('receive-all', received.size === sent.size,
    `${received.size} of ${sent.size}, ${receiver.lastError}`);
  session.report.equal('message-ids', sent, received);
  session.report.check('content', different === '', different);
  session.report.equal('first-attempt', acked, first);
  session.report.equal('acked-stays-away', 0, again);
}

/** A push consumer gets each message once; the one it refuses at first comes once more. */
async function push(session) {
  const count = session.count(200);
  const deliveries = new Mailbox();
  await session.pushConsumer({
    async consume(view) {
      const i = payload.index(view);
      const attempt = view.deliveryAttempt;
      deliveries.put({ i, attempt, difference: payload.difference(view) });
      return i === REFUSED && attempt === 1 ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS;
    },
  });
  await session.send(0, count);
  const times = new Map();
  let different = '';
  let last = 0;
  let deadline = within(90000);
  for (let delivery; (delivery = await deliveries.next(deadline)) !== undefined;) {
    times.set(delivery.i, (times.get(delivery.i) ?? 0) + 1);
    different ||= delivery.difference;
    last = delivery.i === REFUSED ? delivery.attempt : last;
    if (times.size === count && times.get(REFUSED) === 2) {
      deadline = Math.min(deadline, within(5000));
    }
  }
  session.report.equal('consumed-all', count, times.size);
  session.report.check('content', different === '', different);
  session.report.equal('refused-comes-again', 2, times.get(REFUSED));
  session.report.equal('attempt-of-second-delivery', 2, last);
  times.delete(REFUSED);
  session.report.equal('others-exactly-once', 0, [ ...times.values() ].filter(n => n !== 1).length);
}

/** The expression "a || b" gets the messages tagged a or b, neither c nor untagged ones. */
async function tags(session) {
  const count = session.count(60);
  await session.send(1, count);
  const producer = await session.producer(session.topic);
  await producer.send({
    topic: session.topic,
    body: Buffer.from('untagged'),
    properties: new Map([[ 'index', String(count) ]]),
  });
  await producer.shutdown();
  const expected = [];
  for (let i = 1; i < count; i++) {
    if (payload.tag(i) !== 'c') {
      expected.push(i);
    }
  }
  const receiver = new Receiver(await session.simpleConsumer(session.topic, 'a || b'), 30000);
  const received = new Set();
  let deadline = within(60000);
  for (let view; (view = await receiver.next(deadline)) !== undefined;) {
    received.add(payload.index(view));
    await receiver.consumer.ack(view);
    if (received.size === expected.length) {
      deadline = Math.min(deadline, within(6000));
    }
  }
  receiver.close();
  session.report.equal('exactly-a-or-b', expected, [ ...received ].sort((a, b) => a - b));
}

/**
 * Message 1 is left alone and comes again after the invisible duration; message 2 has its
 * invisible duration extended and comes again later. Both then are in their second attempt.
 */
async function redelivery(session) {
  await session.send(1, 3);
  const receiver = new Receiver(await session.simpleConsumer(session.topic), INVISIBLE_MS);
  const firstSeen = new Map();
  const away = new Map();
  const attempts = {};
  let extra = 0;
  let deadline = within(120000);
  for (let view; (view = await receiver.next(deadline)) !== undefined;) {
    const i = payload.index(view);
    if (!firstSeen.has(i)) {
      firstSeen.set(i, Date.now());
      session.report.equal(`first-attempt-${i}`, 1, view.deliveryAttempt);
      if (i === 2) {
        await receiver.consumer.changeInvisibleDuration(view, EXTENDED_MS);
      }
    } else if (!away.has(i)) {
      away.set(i, Date.now() - firstSeen.get(i));
      attempts[i] = view.deliveryAttempt;
      await receiver.consumer.ack(view);
    } else {
      extra++;
    }
    if (away.size === 2) {
      deadline = Math.min(deadline, within(INVISIBLE_MS + 2000));
    }
  }
  receiver.close();
  session.report.equal('second-attempts', { 1: 2, 2: 2 }, attempts);
  const least = { 'invisible-duration': INVISIBLE_MS, 'changed-invisible-duration': EXTENDED_MS };
  Object.entries(least).forEach(([ name, ms ], n) => {
    session.report.check(name, away.get(n + 1) >= ms - EARLY_MS, `after ${away.get(n + 1)} ms`);
  });
  session.report.equal('acked-stays-away', 0, extra);
}

/** Messages go to every broker of the route, and one consumer gets them all. */
async function spread(session) {
  const count = session.count(64);
  const sentTo = new Set();
  const producer = await session.producer(session.topic);
  for (let i = 1; i <= count; i++) {
    sentTo.add((await producer.send(session.message(i))).endpoints.facade);
  }
  await producer.shutdown();
  const receiver = new Receiver(await session.simpleConsumer(session.topic), 30000);
  const received = new Set();
  const receivedFrom = new Set();
  const deadline = within(60000);
  for (let view; received.size < count && (view = await receiver.next(deadline));) {
    received.add(payload.index(view));
    receivedFrom.add(view.endpoints.facade);
    await receiver.consumer.ack(view);
  }
  receiver.close();
  session.report.equal('received-all', count, received.size);
  session.report.check('sent-to-all-brokers', sentTo.size === session.options.brokers,
    `sent to ${[ ...sentTo ]}`);
  session.report.equal('received-from-the-same', sentTo, receivedFrom);
}

/** Unknown topic, too large a body, a message type that the topic does not take. */
async function errors(session) {
  const { topic, report } = session;
  const producer = await session.producer(topic);
  const largest = Buffer.alloc(4 << 20);
  const oversized = Buffer.alloc(largest.length + 1);
  const body = Buffer.from('x');
  await report.refused('unknown-topic', () => producer.send({ topic: UNKNOWN, body }), '40402');
  await report.refused('oversized-body', () => producer.send({ topic, body: oversized }), 'size');
  await report.refused('wrong-message-type',
    () => producer.send({ topic, body, messageGroup: 'one' }), 'type');
  await producer.send({ topic, body: largest });
  report.check('largest-body', true);
  await report.refused('producer-of-unknown-topic', () => session.producer(UNKNOWN), '40402');
  await report.refused('consumer-of-unknown-topic', () => session.simpleConsumer(UNKNOWN), '40402');
}

module.exports = { transport, simple, push, tags, redelivery, spread, errors };
