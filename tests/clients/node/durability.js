// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const { setTimeout: pause } = require('node:timers/promises');
const { Receiver, within } = require('./session');

const PATIENCE_MS = 240000;
const SENDERS = 4;
const RETRY_MS = 50;

/** Sends until --count messages are acknowledged; --out gets one message id a line. */
async function produce(session) {
  const count = session.count(2000);
  const deadline = within(PATIENCE_MS);
  const producer = await session.producer(session.topic);
  const out = fs.openSync(session.options.out, 'w');
  let next = 1;
  let acked = 0;
  let failures = 0;

  async function sendUntilAcked(i) {
    while (Date.now() < deadline) {
      try {
        return (await producer.send(session.message(i))).messageId;
      } catch (error) {
        failures++;
        await pause(RETRY_MS);
      }
    }
    return undefined;
  }

  async function sender() {
    while (next <= count) {
      const id = await sendUntilAcked(next++);
      if (id === undefined) {
        return;
      }
      fs.writeSync(out, `${id}\n`);
      acked++;
    }
  }

  await Promise.all(Array.from({ length: SENDERS }, sender));
  console.log(`INFO ${failures} sends failed and were repeated`);
  session.report.equal('all-acked', count, acked);
}

/** Receives until --expect holds --count ids and all of them were seen. */
async function consume(session) {
  const count = session.count(2000);
  const receiver = new Receiver(await session.simpleConsumer(session.topic), 20000);
  const seen = new Set();
  let missing = [];
  let duplicates = 0;
  let complete = false;
  for (const deadline = within(PATIENCE_MS); !complete && Date.now() < deadline;) {
    const view = await receiver.next(within(1000));
    if (view) {
      duplicates += seen.has(view.messageId) ? 1 : 0;
      seen.add(view.messageId);
      // What is not acknowledged, its broker being down, comes again.
      receiver.consumer.ack(view).catch(() => {});
    }
    if (!view || seen.size >= count) {
      const acked = readLines(session.options.expect);
      missing = acked.filter(id => !seen.has(id));
      complete = acked.length === count && missing.length === 0;
    }
  }
  receiver.close();
  console.log(`INFO ${duplicates} came more than once`);
  session.report.check('acked-all-received', complete,
    `${missing.length} acknowledged messages did not come, ${receiver.lastError}`);
}

function readLines(path) {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

module.exports = { produce, consume };
