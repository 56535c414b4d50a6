/* Slow receivers: a file goes as fast as its receiver takes it, whatever lies between is bounded, and nobody else waits.
 *
 * Figures are printed as diagnostics; those of time are judged in the release build only.  MM_SLOW_FILE_MB is the length of
 * the file: 10 by default, 100 in the long tests, which take build/release where it is built (MM_PREFER_RELEASE).
 * Not here: too fast senders (limits.test.js), pauses of other reasons (traps.test.js). */
'use strict';

const { spawn } = require('node:child_process');
const { createCipheriv, createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');

const release = path.resolve(__dirname, '..', '..', 'build', 'release', 'bin');
if (process.env.MM_PREFER_RELEASE && ['gateway', 'broker'].every((name) => existsSync(path.join(release, `mikromeet-${name}`))))
    process.env.MM_BIN = release; /* before the harness looks */

const { assert, suite, meet, settle, within, patienceMs, binaries, freshAddress } = require('./harness');

const isSanitized = Number(process.env.MM_PATIENCE || 1) > 1;
const isRelease = /^CMAKE_BUILD_TYPE:\w+=Release$/m.test(readFileSync(path.join(binaries, '..', 'CMakeCache.txt'), 'utf8'));
const fileBytes = 1e6 * (isSanitized ? 4 : Number(process.env.MM_SLOW_FILE_MB || 10));
const chunkBytes = 48000;
const takenPerSecond = 5e6; /* of the file: a third more on the line, as base64 */
const mebibyte = 1024 * 1024;
const growthOfGateway = 8 * mebibyte;
const growthOfBroker = 12 * mebibyte;
const chatEveryMs = 20;
/* The figure is 100 ms; a machine that does other work too gets more. */
const chatWithinMs = 250;
const unlimited = { 'rate-limit-chunks': 0, 'rate-limit-messages': 0 };
const kilobyte = 'x'.repeat(1000);

/* --- a file ------------------------------------------------------------------------------------------------------- */

/* Bytes that do not repeat, the same each time. */
function makeSource() {
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
    return (length) => cipher.update(Buffer.alloc(length));
}

async function sendFile(sender, target, bytes) {
    const hash = createHash('sha256');
    const source = makeSource();
    const total = Math.ceil(bytes / chunkBytes);
    for (let index = 0; index < total; index += 1) {
        const part = source(Math.min(chunkBytes, bytes - index * chunkBytes));
        hash.update(part);
        const text = JSON.stringify({
            type: 'file-chunk', roomId: sender.room, participantId: sender.id, timestamp: Date.now(),
            targetId: target.id, transferId: 'file', chunk: part.toString('base64'), index, total,
        });
        await new Promise((resolve, reject) => sender.socket.send(text, (error) => (error ? reject(error) : resolve())));
    }
    return hash.digest('hex');
}

/* What is no chunk goes to `other`. */
function takeFile(receiver, bytes, other) {
    const hash = createHash('sha256');
    const begun = performance.now();
    let taken = 0;
    let index = 0;
    return new Promise((resolve, reject) => {
        receiver.end.then((end) => reject(new Error(`the receiver was closed: ${end.code} ${end.reason}`)));
        receiver.onMessage = (data) => {
            const message = JSON.parse(data.toString());
            if (message.type !== 'file-chunk') {
                other(message);
                return;
            }
            if (message.index !== index) reject(new Error(`chunk ${message.index} came in place of ${index}`));
            index += 1;
            const part = Buffer.from(message.chunk, 'base64');
            hash.update(part);
            taken += part.length;
            if (taken >= bytes) resolve({ digest: hash.digest('hex'), taken, ms: performance.now() - begun });
        };
    });
}

/* A gateway behind a line of so many bytes a second.  What the receiver's own kernel would take in advance could not be overtaken by
 * anything, whatever a server does; so it is the line that is slow. */
async function slowLine(gateway, bytesPerSecond) {
    const line = spawn('python3', [path.join(__dirname, 'slow_line.py'), '127.0.0.1', gateway.port, freshAddress(), bytesPerSecond],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await within(patienceMs, 'the line', new Promise((resolve) => line.stdout.once('data', (data) => resolve(Number(data)))));
    return { port, url: `ws://127.0.0.1:${port}`, end: () => line.kill() };
}

/* --- what is measured meanwhile ----------------------------------------------------------------------------------- */

/* How much each program grew at most since now. */
function watchMemory(server) {
    const watched = server.programs().map((program) => ({ program, first: program.residentBytes(), most: 0 }));
    const look = () => watched.forEach((entry) => {
        entry.most = Math.max(entry.most, entry.program.residentBytes() - entry.first);
    });
    const timer = setInterval(look, 50);
    return () => {
        clearInterval(timer);
        look();
        return watched;
    };
}

/* One speaks, all others note how long each text took. */
function watchChat(speaker, others) {
    const late = new Map([speaker, ...others].map((person) => [person.label, []]));
    const note = (person) => (message) => {
        assert.strictEqual(message.type, 'chat', `${person.label} got ${JSON.stringify(message).slice(0, 200)}`);
        late.get(person.label).push(performance.now() - message.sentAt);
    };
    let said = 0;
    const timer = setInterval(() => {
        said += 1;
        speaker.send('chat', { text: 'hello', sentAt: performance.now() });
    }, chatEveryMs);
    return { note, stop: () => { clearInterval(timer); return { said, late }; } };
}

const percentile = (numbers, part) => [...numbers].sort((a, b) => a - b)[Math.ceil(numbers.length * part) - 1];
const hear = (person, handler) => { person.onMessage = (data) => handler(JSON.parse(data.toString())); };

/* The speaker's own copies come back on the way that everybody's take. */
async function transfer(t, world, gateways) {
    const line = await slowLine(gateways[1], takenPerSecond * 4 / 3);
    try {
        await transferOver(t, world, gateways, line);
    } finally {
        line.end();
    }
}

async function transferOver(t, world, [near, far], line) {
    const people = await meet(world, { name: 'Ann', gateway: near }, { name: 'Bob', gateway: line, from: '127.0.0.1' },
        { name: 'Cleo', gateway: near }, { name: 'Dora', gateway: far });
    const [ann, bob, cleo, dora] = people;
    await settle(...people);
    const memory = watchMemory(world.server);
    const chat = watchChat(cleo, [ann, bob, dora]);
    for (const person of [ann, cleo, dora]) hear(person, chat.note(person));
    const taking = takeFile(bob, fileBytes, chat.note(bob));
    const [digest, got] = await Promise.all([sendFile(ann, bob, fileBytes), taking]);
    const { said, late } = chat.stop();
    const grown = memory();

    t.diagnostic(`${fileBytes / 1e6} MB in ${(got.ms / 1000).toFixed(1)} s`);
    for (const { program, most } of grown) t.diagnostic(`${program.name} grew by ${(most / mebibyte).toFixed(2)} MiB`);
    for (const [label, each] of late)
        t.diagnostic(`chat to ${label}: ${each.length} of ${said}, p50 ${percentile(each, 0.5).toFixed(1)} ms, p99 ${percentile(each, 0.99).toFixed(1)} ms, `
            + `most ${Math.max(...each).toFixed(1)} ms`);
    assert.strictEqual(got.taken, fileBytes);
    assert.strictEqual(got.digest, digest);
    if (isSanitized) return;
    for (const { program, most } of grown) {
        const bound = program.name === 'mikromeet-broker' ? growthOfBroker : growthOfGateway;
        assert.ok(most <= bound, `${program.name} grew by ${most} bytes`);
    }
    if (!isRelease) return;
    for (const [label, each] of late)
        assert.ok(percentile(each, 0.99) <= chatWithinMs, `${label} waited ${percentile(each, 0.99)} ms for chat`);
}

const transferMs = (fileBytes / takenPerSecond) * 1000 + 6 * patienceMs;

suite('a file to a slow receiver', { gateways: 2, gateway: unlimited }, ({ test }) => {
    test('[SLOW-01] on another gateway arrives whole, in bounded memory, and chat goes on', { timeoutMs: transferMs },
        (world, t) => transfer(t, world, world.server.gateways));

    test('[SLOW-01] on the same gateway arrives whole, in bounded memory, and chat goes on', { timeoutMs: transferMs },
        (world, t) => transfer(t, world, [world.server.gateway, world.server.gateway]));
});

/* --- who takes nothing -------------------------------------------------------------------------------------------- */

if (!process.env.MM_PREFER_RELEASE) {
    /* Chunks of a kilobyte, `from` on, without waiting. */
    const sendChunks = (sender, target, from, count) => {
        for (let index = from; index < from + count; index += 1)
            sender.send('file-chunk', { targetId: target.id, transferId: sender.label, chunk: kilobyte, index, total: 0 });
    };
    const manyChunks = (sender, target) => {
        for (let index = 0; index < 200; index += 1)
            sender.send('file-chunk', { targetId: target.id, transferId: sender.label, chunk: 'x'.repeat(60000), index, total: 0 });
    };

    /* Until chunks wait for a receiver that takes nothing, and no more of them move. */
    const stuck = async (server) => {
        let before = '';
        await server.eventually('chunks wait', async () => {
            const { gateways } = await server.counters();
            const now = gateways.map((gateway) => `${gateway.deliveries} ${gateway.chunks_held}`).join();
            const same = now === before && gateways.some((gateway) => gateway.chunks_held > 0);
            before = now;
            return same;
        }, 250); /* a program logs no more than ten lines of one event a second */
    };

    /* The paused one still shows that it lives; libwebsockets does not tell of a pong without bytes. */
    const stayAlive = (person) => {
        const timer = setInterval(() => { if (!person.gone) person.socket.pong('x'); }, 100);
        person.end.then(() => clearInterval(timer));
    };

    const gatewaysOf = (server, count) => [server.gateways[0], server.gateways[count - 1]];

    for (const count of [1, 2]) {
        const place = count === 1 ? 'on one gateway' : 'on two gateways';

        suite(`who takes nothing, ${place}`, {
            gateways: count, gateway: { ...unlimited, 'idle-timeout': '1s', 'ping-interval': '200ms', 'log-level': 'debug' },
        }, ({ test }) => {
            test('[SLOW-02] is closed with 1013, and the sender goes on with others', async (world) => {
                const [near, far] = gatewaysOf(world.server, count);
                const [ann, bob, cleo] = await meet(world, { name: 'Ann', gateway: near }, { name: 'Bob', gateway: far }, { name: 'Cleo', gateway: far });
                stayAlive(bob);
                bob.socket.pause();
                manyChunks(ann, bob);
                sendChunks(ann, cleo, 0, 10);
                await far.line('connection_closed', (line) => line.code === 1013 && line.reason === 'too slow');
                bob.socket.resume();
                await cleo.next('participant-left', { participantId: bob.id });
                for (let index = 0; index < 10; index += 1) await cleo.next('file-chunk', { index, participantId: ann.id });
                await ann.next('participant-left', { participantId: bob.id });
                await bob.closed(1013, null);
                await settle(ann, cleo);
            });
        });

        suite(`control and chunks, ${place}`, { gateways: count, gateway: unlimited }, ({ test }) => {
            test('[SLOW-03] control overtakes chunks, and each keeps its order', async (world) => {
                const [near, far] = gatewaysOf(world.server, count);
                const [ann, bob, cleo, dora] = await meet(world, { name: 'Ann', gateway: near }, { name: 'Bob', gateway: far },
                    { name: 'Cleo', gateway: near }, { name: 'Dora', gateway: far });
                bob.socket.pause();
                manyChunks(cleo, bob);
                await stuck(world.server);
                sendChunks(ann, bob, 0, 30); /* less than a window: all of them reach the receiver's gateway */
                for (const text of ['first', 'second']) ann.send('chat', { text });
                for (const person of [dora, ann]) for (const text of ['first', 'second']) await person.next('chat', { text });
                bob.socket.resume();
                const seen = [];
                for (let ofAnn = 0; ofAnn < 30;) {
                    const message = await bob.next();
                    if (message.participantId === ann.id) seen.push(message.type === 'chat' ? message.text : message.index);
                    if (message.participantId === ann.id && message.type === 'file-chunk') ofAnn += 1;
                }
                assert.deepStrictEqual(seen, ['first', 'second', ...Array.from({ length: 30 }, (_, i) => i)]);
            });

            test('[SLOW-05] a receiver that leaves releases its sender', async (world) => {
                const [near, far] = gatewaysOf(world.server, count);
                const leave = {
                    leave: (person) => person.send('leave'), close: (person) => person.socket.close(), vanish: (person) => person.vanish(),
                };
                const [ann, cleo] = await meet(world, { name: 'Ann', gateway: near }, { name: 'Cleo', gateway: far });
                for (const [how, end] of Object.entries(leave)) {
                    const bob = await world.client(`Bob (${how})`, { gateway: far });
                    await bob.join(world.room);
                    for (const person of [ann, cleo]) await person.next('participant-joined', { participantId: bob.id });
                    bob.socket.pause();
                    manyChunks(ann, bob);
                    sendChunks(ann, cleo, 0, 3);
                    await stuck(world.server);
                    end(bob);
                    for (const person of [ann, cleo]) await person.next('participant-left', { participantId: bob.id });
                    for (let index = 0; index < 3; index += 1) await cleo.next('file-chunk', { index });
                    await settle(ann, cleo);
                }
            });
        });
    }

    suite('a paused sender', { gateway: { ...unlimited, 'idle-timeout': '600ms', 'ping-interval': '150ms' } }, ({ test, shared }) => {
        /* Its receiver sits where idling is allowed. */
        const pausedSender = async (world) => {
            const [near, far = await shared.server.startGateway('patient', { 'idle-timeout': '60s', 'ping-interval': '25s' })] = shared.server.gateways;
            const [ann, bob, cleo] = await meet(world, { name: 'Ann', gateway: near }, { name: 'Bob', gateway: far }, { name: 'Cleo', gateway: far });
            bob.socket.pause();
            manyChunks(ann, bob);
            await stuck(shared.server);
            return [ann, bob, cleo];
        };

        test('[SLOW-04] is not timed out, and its pings are answered when it is read again', async (world) => {
            const [ann, bob] = await pausedSender(world);
            let pongs = 0;
            const answered = new Promise((resolve) => ann.socket.on('pong', () => { pongs += 1; resolve(); }));
            ann.socket.ping();
            const enough = ann.pings + 12; /* three idle timeouts */
            const pinged = new Promise((resolve) => ann.socket.on('ping', () => { if (ann.pings >= enough) resolve(); }));
            await Promise.race([within(patienceMs, 'pings while paused', pinged), ann.end]);
            assert.strictEqual(ann.gone, undefined, 'it was closed');
            assert.strictEqual(pongs, 0, 'it was not paused');
            bob.socket.resume();
            for (let index = 0; index < 200; index += 1) await bob.next('file-chunk', { index });
            await within(patienceMs, 'the late pong', answered);
            assert.strictEqual(ann.gone, undefined, 'it was closed');
        });

        test('[SLOW-04] that vanishes is noticed', async (world) => {
            const [ann, bob, cleo] = await pausedSender(world);
            ann.vanish();
            await cleo.next('participant-left', { participantId: ann.id });
            bob.socket.resume();
            await bob.until('participant-left');
        });
    });
}
