/* What every test file of this folder starts from:
 *
 *     const { suite, meet, settle } = require('./harness');
 *     suite('chat', { gateway: { 'join-deadline': '1s' } }, ({ test }) => {
 *         test('[CHAT-01] everybody gets the text', async (world) => {
 *             const [ann, bob] = await meet(world, 'Ann', 'Bob');
 *             ...
 *
 * One server a suite, one room a test (`world.room`); `world.server` is the Server, `world.client(label)` a connection.
 * Ids in brackets are rows of tests/contract.txt.
 * Not here: the parts (process.js, server.js, client.js, http.js). */
'use strict';

const assert = require('node:assert');
const nodeTest = require('node:test');
const { Server, makeFolder, removeFolder, variables, freshAddress } = require('./server');
const { Client, rawText, uuid } = require('./client');
const { Program, run, within, patienceMs, secretMark, source, binaries } = require('./process');
const http = require('./http');

let rooms = 0;
let secrets = 0;

/* A room id of six characters that no other test uses. */
function freshRoom() {
    rooms += 1;
    return `R${rooms.toString(36).toUpperCase().padStart(5, '0')}`;
}

/* A text that must never show up in a log. */
function secret(word = 'text') {
    secrets += 1;
    return `${secretMark}${word}-${secrets}`;
}

/* options: as for Server, and `server: false` for suites that start their own.  A test takes {timeoutMs} before its body
 * where it needs longer than the others; its body gets node's own context behind `world`, for diagnostics. */
function suite(name, options, define) {
    nodeTest.describe(name, () => {
        const shared = { server: null };
        nodeTest.before(async () => {
            if (options.server !== false) shared.server = await Server.start(options);
        });
        nodeTest.after(async () => {
            if (shared.server) await shared.server.stop();
        });
        const test = (title, ...rest) => {
            const body = rest.pop();
            const { timeoutMs = 6 * patienceMs } = rest.pop() || {};
            nodeTest.it(title, { timeout: timeoutMs }, (t) => runTest(shared, body, t));
        };
        define({ test, shared });
    });
}

async function runTest(shared, body, t) {
    const servers = [];
    const folders = [];
    const world = {
        room: freshRoom(),
        server: shared.server,
        /* A further server, stopped with the test. */
        start: async (options) => {
            const server = await Server.start(options);
            servers.push(server);
            return server;
        },
        folder: () => {
            folders.push(makeFolder());
            return folders[folders.length - 1];
        },
        client: (label, options) => (servers[servers.length - 1] || shared.server).client(label, options),
    };
    try {
        await body(world, t);
        for (const server of servers) await server.stop();
    } finally {
        if (shared.server) shared.server.dropClients();
        for (const server of servers) await server.abandon();
        folders.forEach(removeFolder);
    }
}

/* People of one room, everybody's queue read empty; the first one made the room.  A name may be {name, gateway, join}. */
async function meet(world, ...people) {
    const seated = [];
    for (const person of people) {
        const { name, join = {}, ...options } = typeof person === 'string' ? { name: person } : person;
        const client = await world.client(name, options);
        await client.join(world.room, { isHost: seated.length === 0, ...join });
        for (const other of seated) await other.next('participant-joined', { participantId: client.id });
        await client.roster(...seated);
        seated.push(client);
    }
    return seated;
}

/* A room that waits at the door: [moderator, others..., the waiting person]; the waiting id is `.id`. */
async function queueUp(world, waiting, ...people) {
    const seated = await meet(world, ...people);
    await lock(seated);
    return [...seated, await knock(world, waiting, seated[0])];
}

async function lock(seated) {
    seated[0].send('room-locked');
    for (const person of seated) await person.next('room-locked', { lockedBy: seated[0].id });
}

/* Somebody joins a locked room; each of `moderators` is told. */
async function knock(world, name, ...moderators) {
    const client = await world.client(name);
    client.room = world.room;
    client.send('join', { participantId: '', name });
    client.id = (await client.next('waiting-room', { name, roomId: world.room })).participantId;
    for (const moderator of moderators)
        await moderator.next('waiting-room', { participantId: client.id, name, roomId: world.room });
    return client;
}

/* Proves that nothing else was sent to the people of a room: the next thing they all hear is a chat. */
async function settle(...people) {
    secrets += 1;
    const text = `settled ${secrets}`;
    people[0].send('chat', { text });
    for (const person of people) await person.next('chat', { text, participantId: people[0].id });
}

module.exports = {
    assert, suite, meet, queueUp, lock, knock, settle, freshRoom, freshAddress, secret,
    Server, Client, Program, run, within, patienceMs, makeFolder, removeFolder, variables, rawText, uuid, http, source, binaries,
};
