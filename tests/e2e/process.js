/* A program under test as a child process: its log lines as objects, its end as a promise.
 *
 * Rules: a child never outlives its test (it dies with this process, even when that one is killed); every line on
 * stderr must be one JSON object; a sanitizer's report, a secret in a log or another exit status than the expected one fails the test.
 * Not here: what the lines mean (server.js). */
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const source = path.resolve(__dirname, '..', '..');
const binaries = path.resolve(process.env.MM_BIN || path.join(source, 'build', 'dev', 'bin'));

/* How long anything may take that should happen at once.  Generous, because nobody waits for it unless a
 * test fails; MM_PATIENCE stretches it for builds that are slow by nature. */
const patienceMs = 10000 * Number(process.env.MM_PATIENCE || 1);

/* Whatever a test gives a server to keep or pass on that must never be logged starts with this. */
const secretMark = 'SECRET-';

const sanitizerReport = /ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|SUMMARY: \w+Sanitizer/;
const alive = new Set();

process.on('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/* `promise`, or an error that says what was waited for. */
async function within(ms, what, promise) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${typeof what === 'function' ? what() : what} (waited ${ms} ms)`)), ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/* Nothing of this machine's own configuration reaches a program under test. */
function cleanEnvironment(extra) {
    const kept = {};
    for (const name of ['PATH', 'LANG', 'LC_ALL', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS', 'TSAN_OPTIONS'])
        if (process.env[name] !== undefined) kept[name] = process.env[name];
    return { ...kept, ...extra };
}

/* What each logs when it has started. */
const startEvents = { 'mikromeet-gateway': 'gateway_listens', 'mikromeet-broker': 'broker_listens' };

class Program {
    /* `options.env` is the whole environment beside PATH and the like; `options.through` are words to start it through. */
    constructor(name, options = {}) {
        this.name = name;
        this.lines = [];
        this.text = '';
        this.foreign = []; /* stderr lines that are no JSON objects */
        this.watchers = new Set();
        const file = path.join(binaries, name);
        assert.ok(existsSync(file), `${file} is not built`);
        /* setpriv makes the kernel end the child when this process is killed; it execs, so the pid is the program's. */
        const guard = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];
        const wrapper = [...guard, ...(options.through || []), file];
        this.child = spawn(wrapper[0], [...wrapper.slice(1), ...(options.args || [])], {
            env: cleanEnvironment(options.env),
            cwd: options.cwd,
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        alive.add(this.child);
        this.stdout = '';
        this.child.stdout.on('data', (data) => { this.stdout += data; });
        const reader = readline.createInterface({ input: this.child.stderr });
        reader.on('line', (line) => this.onLine(line));
        const closed = new Promise((resolve) => reader.on('close', resolve));
        const exited = new Promise((resolve) => this.child.on('exit', (status, signal) => {
            alive.delete(this.child);
            resolve({ status, signal });
        }));
        this.exited = Promise.all([exited, closed]).then(([end]) => {
            this.end = end;
            this.watchers.forEach((watcher) => watcher.ended());
            return end;
        });
    }

    get pid() {
        return this.child.pid;
    }

    onLine(line) {
        this.text += `${line}\n`;
        let record;
        try {
            record = JSON.parse(line);
        } catch {
            this.foreign.push(line);
            return;
        }
        this.lines.push(record);
        this.watchers.forEach((watcher) => watcher.seen(record));
    }

    /* The first log line of `event` from the `from`th line on that `matches`. */
    async line(event, matches = () => true, from = 0) {
        const found = this.lines.slice(from).find((record) => record.event === event && matches(record));
        if (found) return found;
        let watcher;
        const seen = new Promise((resolve, reject) => {
            watcher = {
                seen: (record) => { if (record.event === event && matches(record)) resolve(record); },
                ended: () => reject(new Error(`${this.name} ended before it logged ${event}:\n${this.text}`)),
            };
            this.watchers.add(watcher);
            if (this.end) watcher.ended();
        });
        return within(patienceMs, () => `${this.name} did not log ${event}:\n${this.text}`, seen)
            .finally(() => this.watchers.delete(watcher));
    }

    /* All counters, as the program logs them on SIGUSR1. */
    async counters() {
        const from = this.lines.length;
        this.signal('SIGUSR1');
        return this.line('counters', undefined, from);
    }

    signal(name) {
        process.kill(this.pid, name);
    }

    /* Waits until it has ended by itself. */
    async ended() {
        return within(patienceMs, () => `${this.name} did not end:\n${this.text}`, this.exited);
    }

    async kill() {
        if (!this.end) this.child.kill('SIGKILL');
        return this.ended();
    }

    async started() {
        return this.line(startEvents[this.name]);
    }

    /* Ends it as an operator would, once it has started, and looks whether it was well. */
    async stop(signal = 'SIGTERM') {
        try {
            await this.started();
            this.child.kill(signal);
            const end = await this.ended();
            assert.deepStrictEqual(end, { status: 0, signal: null }, `${this.name} ended badly:\n${this.text}`);
        } finally {
            if (!this.end) await this.kill();
        }
        this.checkLog();
    }

    checkLog() {
        assert.doesNotMatch(this.text, sanitizerReport);
        assert.deepStrictEqual(this.foreign, [], `${this.name} wrote lines that are no JSON`);
        assert.ok(!this.text.includes(secretMark), `${this.name} logged a secret:\n${this.text}`);
        for (const record of this.lines)
            assert.ok(record.event && record.level && record.ts, `a log line lacks a member: ${JSON.stringify(record)}`);
    }

    /* What the kernel knows of it. */
    openDescriptors() {
        return readdirSync(`/proc/${this.pid}/fd`).length;
    }

    residentBytes() {
        return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024;
    }
}

/* Runs a program that should end by itself: {status, signal, out, err}. */
async function run(name, args, env, options = {}) {
    const program = new Program(name, { args, env, ...options });
    try {
        const { status, signal } = await program.ended();
        assert.doesNotMatch(program.text, sanitizerReport);
        return { status, signal, out: program.stdout, err: program.text };
    } finally {
        if (!program.end) await program.kill();
    }
}

module.exports = { Program, run, within, patienceMs, secretMark, source, binaries };
