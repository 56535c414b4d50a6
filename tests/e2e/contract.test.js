/* No rule without a proof, no proof of a rule that nobody made: tests/contract.txt against the names of the tests. */
'use strict';

const assert = require('node:assert');
const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');
const nodeTest = require('node:test');

const tests = path.resolve(__dirname, '..');
const id = /\[([A-Z]+-\d{2})\]/g;

/* {row: place}. */
function rows() {
    const found = new Map();
    readFileSync(path.join(tests, 'contract.txt'), 'utf8').split('\n').forEach((line, i) => {
        const place = `contract.txt:${i + 1}`;
        if (line === '' || line.startsWith('#') || line.startsWith('    ')) return;
        const [, name] = /^([A-Z]+-\d{2}) {2}\S/.exec(line) || assert.fail(`${place}: neither a row, nor its continuation, nor a comment`);
        assert.ok(!found.has(name), `${place}: ${name} is there twice`);
        found.set(name, place);
    });
    return found;
}

/* Titles of test (...) in JavaScript; in C whatever stands in brackets, since a function's name has none. */
function claims() {
    const found = new Map();
    for (const file of sources(tests)) {
        readFileSync(file, 'utf8').split('\n').forEach((line, i) => {
            if (file.endsWith('.js') && !/\b(test|it)\(['`]/.test(line)) return;
            for (const [, name] of line.matchAll(id)) found.set(name, [...(found.get(name) || []), `${path.relative(tests, file)}:${i + 1}`]);
        });
    }
    /* Titles that a table makes. */
    for (const [name, place] of tableClaims()) found.set(name, [...(found.get(name) || []), place]);
    return found;
}

/* bounds.test.js names its rows in the first column of a table. */
function tableClaims() {
    const file = path.join(__dirname, 'bounds.test.js');
    return [...readFileSync(file, 'utf8').matchAll(/^ {4}\['([A-Z]+-\d{2})',/gm)].map(([, name]) => [name, 'e2e/bounds.test.js']);
}

function sources(folder) {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) return sources(file);
        return /(\.test\.js|^test_.*\.c)$/.test(entry.name) ? [file] : [];
    });
}

nodeTest.describe('contract', () => {
    nodeTest.it('every rule has a test', () => {
        const proved = claims();
        assert.deepStrictEqual([...rows().keys()].filter((row) => !proved.has(row)), []);
    });

    nodeTest.it('every test proves a rule that stands in the contract', () => {
        const made = rows();
        assert.deepStrictEqual([...claims()].filter(([row]) => !made.has(row)), []);
    });
});
