/* ops/run as an operator uses it: the URL, the supervision, the ways it ends.
 * Uses the release build, which ops/run makes when it is not there.
 * Not here: a machine without the packages (tests/bare). */
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { mkdtempSync, readFileSync, readlinkSync, rmSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { after, before, test } = require('node:test');

const script = path.resolve(__dirname, '..', '..', 'ops', 'run');
const buildMs = 300000; /* the first start may have to build */
const patienceMs = 30000;

let folder;
const runners = new Set();

before(() => { folder = mkdtempSync(path.join(os.tmpdir(), 'mm-ops-')); });
after(() => {
    runners.forEach((runner) => runner.child.kill('SIGKILL'));
    rmSync(folder, { recursive: true, force: true });
});

async function within(ms, what, promise) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what()} (waited ${ms} ms)`)), ms); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function freePort() {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/* The program a process runs, "mikromeet-broker"; empty when it is gone or not yet that. */
function programOf(pid) {
    try {
        return path.basename(readlinkSync(`/proc/${pid}/exe`));
    } catch {
        return '';
    }
}

/* Looks again and again, because the kernel tells nobody about grandchildren. */
async function until(what, look) {
    const deadline = Date.now() + patienceMs;
    for (;;) {
        const seen = look();
        if (seen) return seen;
        assert.ok(Date.now() < deadline, `${what} did not come true`);
        await new Promise(setImmediate);
    }
}

class Runner {
    constructor(variables) {
        this.errors = '';
        this.lines = [];
        this.child = spawn(script, [], {
            env: {
                PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, MIKROMEET_ADDRESS: '127.0.0.1', ...variables,
            },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        runners.add(this);
        this.child.stderr.on('data', (data) => { this.errors += data; });
        const reader = readline.createInterface({ input: this.child.stdout });
        this.line = new Promise((resolve) => reader.once('line', resolve));
        this.exited = new Promise((resolve) => this.child.on('exit', (status, signal) => {
            runners.delete(this);
            resolve({ status, signal });
        }));
    }

    async url() {
        const ended = this.exited.then((end) => { throw new Error(`ended: ${JSON.stringify(end)}\n${this.errors}`); });
        return within(buildMs, () => `no URL:\n${this.errors}`, Promise.race([this.line, ended]));
    }

    async ended() {
        return within(buildMs, () => `did not end:\n${this.errors}`, this.exited);
    }

    /* {broker: pid, gateway: pid} of those that run. */
    programs() {
        const found = {};
        let children = '';
        try {
            children = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8');
        } catch { /* it has ended */ }
        for (const pid of children.split(' ').filter(Boolean)) {
            const name = programOf(pid);
            if (name.startsWith('mikromeet-')) found[name.slice('mikromeet-'.length)] = Number(pid);
        }
        return found;
    }

    async both() {
        return until('both programs', () => {
            const programs = this.programs();
            return programs.broker && programs.gateway ? programs : null;
        });
    }
}

async function start(name, variables = {}) {
    const port = await freePort();
    return { port, runner: new Runner({ MIKROMEET_PORT: String(port), MIKROMEET_DATA: path.join(folder, name), ...variables }) };
}

function health(port) {
    return new Promise((resolve, reject) => {
        http.get({ host: '127.0.0.1', port, path: '/health' }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
        }).on('error', reject);
    });
}

async function assertGone(programs) {
    for (const pid of Object.values(programs)) await until(`the end of ${pid}`, () => programOf(pid) === '');
}

for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`prints_its_url_when_health_answers_and_ends_both_on_${signal.toLowerCase()}`, async () => {
        const { runner, port } = await start(signal);
        assert.strictEqual(await runner.url(), `http://localhost:${port}/`);
        assert.strictEqual(await health(port), 200);
        const programs = await runner.both();
        runner.child.kill(signal);
        assert.deepStrictEqual(await runner.ended(), { status: 0, signal: null });
        await assertGone(programs);
    });
}

test('port_is_taken_from_PORT_where_MIKROMEET_PORT_is_not_set', async () => {
    const port = await freePort();
    const runner = new Runner({ PORT: String(port), MIKROMEET_DATA: path.join(folder, 'legacy') });
    assert.strictEqual(await runner.url(), `http://localhost:${port}/`);
    runner.child.kill('SIGTERM');
    assert.deepStrictEqual(await runner.ended(), { status: 0, signal: null });
});

test('a_program_that_dies_is_back_within_a_tenth_of_a_second', async () => {
    const { runner } = await start('deaths');
    await runner.url();
    for (const name of ['broker', 'gateway']) {
        const took = [];
        for (let i = 0; i < 5; i += 1) {
            const old = (await runner.both())[name];
            const begin = performance.now();
            process.kill(old, 'SIGKILL');
            await until(`another ${name}`, () => (runner.programs()[name] || old) !== old);
            took.push(performance.now() - begin);
        }
        /* The best of five: the others say how busy this machine is. */
        assert.ok(Math.min(...took) < 100, `${name}: ${took.map(Math.round)} ms`);
    }
    const old = await runner.both();
    process.kill(old.broker, 'SIGKILL');
    process.kill(old.gateway, 'SIGKILL');
    await until('both again', () => {
        const { broker, gateway } = runner.programs();
        return broker && gateway && broker !== old.broker && gateway !== old.gateway;
    });
    runner.child.kill('SIGTERM');
    assert.deepStrictEqual(await runner.ended(), { status: 0, signal: null });
});

test('a_second_one_works_beside_the_first', async () => {
    const first = await start('one');
    const second = await start('two');
    await first.runner.url();
    await second.runner.url();
    assert.strictEqual(await health(first.port), 200);
    assert.strictEqual(await health(second.port), 200);
    for (const { runner } of [first, second]) {
        runner.child.kill('SIGTERM');
        assert.deepStrictEqual(await runner.ended(), { status: 0, signal: null });
    }
});

test('programs_do_not_outlive_it_when_it_is_killed', async () => {
    const { runner } = await start('killed');
    await runner.url();
    const programs = await runner.both();
    runner.child.kill('SIGKILL');
    await runner.ended();
    await assertGone(programs);
});

test('what_cannot_start_is_not_started_for_ever', async () => {
    const { runner, port } = await start('first');
    await runner.url();
    const sameData = await start('first');
    assert.deepStrictEqual(await sameData.runner.ended(), { status: 69, signal: null });
    assert.match(sameData.runner.errors, /mikromeet-broker refuses to start \(status 69/);
    const samePort = new Runner({ MIKROMEET_PORT: String(port), MIKROMEET_DATA: path.join(folder, 'second') });
    assert.deepStrictEqual(await samePort.ended(), { status: 69, signal: null });
    assert.match(samePort.errors, /mikromeet-gateway refuses to start \(status 69/);
    runner.child.kill('SIGTERM');
    await runner.ended();
});

test('a_wrong_configuration_is_refused_before_anything_starts', async () => {
    const unknown = await start('unknown', { MIKROMEET_PROT: '1' });
    assert.deepStrictEqual(await unknown.runner.ended(), { status: 78, signal: null });
    assert.match(unknown.runner.errors, /MIKROMEET_PROT: no such setting/);
    for (const port of ['0', '65536', 'x']) {
        const runner = new Runner({ MIKROMEET_PORT: port });
        assert.deepStrictEqual(await runner.ended(), { status: 2, signal: null });
    }
});
