// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
'use strict';

const { isDeepStrictEqual, inspect } = require('node:util');

/** One line per check; remembers whether any failed. */
class Report {
  failed = false;
  #scenario;

  constructor(scenario) {
    this.#scenario = scenario;
  }

  check(name, ok, why = '') {
    this.failed ||= !ok;
    const line = `${ok ? 'PASS' : 'FAIL'} ${this.#scenario}/${name}`;
    console.log(ok ? line : `${line}: ${why.slice(0, 300)}`);
  }

  equal(name, expected, actual) {
    this.check(name, isDeepStrictEqual(expected, actual),
      `expected ${inspect(expected)}, got ${inspect(actual)}`);
  }

  /** Passes when the action rejects with something whose text or cause has the word. */
  async refused(name, action, word) {
    try {
      await action();
    } catch (error) {
      const text = describe(error);
      this.check(name, text.includes(word), `refused with ${text}`);
      return;
    }
    this.check(name, false, 'was accepted');
  }
}

function describe(error) {
  const parts = [];
  for (let e = error; e; e = e.cause) {
    parts.push(`${e} ${e.code ?? ''}`);
  }
  return parts.join(' <- ');
}

module.exports = { Report, describe };
