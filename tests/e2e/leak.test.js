/* Thousands of meetings leave nothing behind.  Runs against the release build where there is one: the bound is the
 * release's, and mallinfo2 tells nothing under ASan. */
'use strict';

const { existsSync } = require('node:fs');
const path = require('node:path');

const release = path.resolve(__dirname, '..', '..', 'build', 'release', 'bin');
if (existsSync(path.join(release, 'mikromeet-gateway')) && existsSync(path.join(release, 'mikromeet-broker')))
    process.env.MM_BIN = release; /* before the harness looks */

const { assert, suite, meet, lock, knock, settle, freshRoom } = require('./harness');

const roomsInAll = 1000;
const roomsAtOnce = 20;
const growthBytes = 256 * 1024;

/* A meeting of four in which everything happens once, and its end. */
async function holdMeeting(world) {
    const people = await meet(world, 'Ann', 'Bob', 'Cleo', 'Dora');
    const [ann, bob, cleo, dora] = people;
    await settle(...people);
    ann.send('offer', { targetId: bob.id, sdp: 'x'.repeat(3000) });
    await bob.next('offer');
    bob.send('file-chunk', { targetId: cleo.id, transferId: 't', chunk: 'x'.repeat(20000), index: 0, total: 1 });
    await cleo.next('file-chunk');
    dora.send('leave');
    for (const person of [ann, bob, cleo]) await person.next('participant-left');
    await lock([ann, bob, cleo]);
    const waiting = await knock(world, 'Emil', ann);
    ann.send('admit-user', { targetId: waiting.id });
    await waiting.until('room-locked');
    await Promise.all([...people, waiting].map((person) => person.close()));
}

async function holdMeetings(world, count) {
    let left = count;
    await Promise.all(Array.from({ length: roomsAtOnce }, async () => {
        while (left > 0) {
            left -= 1;
            await holdMeeting({ ...world, room: freshRoom() });
        }
    }));
    world.server.clients = [];
}

/* Counters once nobody is connected any more and what was under way is done. */
async function rest(server) {
    let counters;
    await server.eventually('nobody is left', async () => {
        counters = await server.counters();
        return counters.broker.rooms === 0 && counters.gateways.every((gateway) => gateway.connections === 0);
    }, 200); /* a program logs no more than ten lines of one event a second */
    return [counters.broker, ...counters.gateways];
}

/* Limits remember addresses for a window and give them back, a few with each new one: a short one shows it. */
suite('leaks', { settings: { 'rate-limit-window': '1s' } }, ({ test }) => {
    test('[LEAK-01] the second thousand rooms leave no more than the first', { timeoutMs: 200000 }, async (world) => {
        await holdMeetings(world, roomsInAll);
        const first = await rest(world.server);
        await holdMeetings(world, roomsInAll);
        const second = await rest(world.server);
        for (const [i, after] of second.entries()) {
            const who = i === 0 ? 'broker' : `gateway ${i}`;
            const growth = after.allocated_bytes - first[i].allocated_bytes;
            assert.ok(after.allocated_bytes > 0 || process.env.MM_PATIENCE > 1, `${who} counts no memory`);
            assert.ok(growth <= growthBytes, `${who} grew by ${growth} bytes`);
            assert.strictEqual(after.descriptors, first[i].descriptors, `descriptors of the ${who}`);
        }
    });
});
