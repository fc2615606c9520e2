// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
'use strict';

// Runs one scenario of the official Node.js client against --endpoint; exit code 1 on failure.

const { parseArgs } = require('node:util');
const { Report, describe } = require('./report');
const { Session } = require('./session');
const scenarios = { ...require('./scenarios'), ...require('./durability') };

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    tls: { type: 'string', default: 'default' },
    topic: { type: 'string' },
    group: { type: 'string', default: '' },
    scenario: { type: 'string' },
    count: { type: 'string', default: '0' },
    brokers: { type: 'string', default: '2' },
    out: { type: 'string' },
    expect: { type: 'string' },
  },
});

async function main() {
  const report = new Report(values.scenario);
  try {
    const options = { ...values, brokers: Number(values.brokers) };
    await scenarios[values.scenario](new Session(options, report));
  } catch (error) {
    report.check('completes', false, describe(error));
  }
  process.exit(report.failed ? 1 : 0); // the client leaves timers behind
}

main();
