/* Chat and reactions. */
'use strict';

const { assert, suite, meet, settle, secret } = require('./harness');

suite('chat', {}, ({ test }) => {
    test('[CHAT-01] [CHAT-02] goes to the others and back, with one timestamp of the server', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const before = Date.now();
        people[1].send('chat', { text: secret('chat'), timestamp: 5 });
        const copies = [];
        for (const person of people) copies.push(await person.next('chat', { participantId: people[1].id, roomId: world.room }));
        assert.deepStrictEqual({ ...copies[1] }, { ...copies[0] });
        assert.deepStrictEqual({ ...copies[2] }, { ...copies[0] });
        assert.ok(copies[0].timestamp >= before - 5000 && copies[0].timestamp <= Date.now() + 5000);
        await settle(...people);
    });

    test('[CHAT-02] timestamps of one sender rise strictly', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (let i = 0; i < 100; i += 1) ann.send('chat', { text: `${i}` });
        let last = 0;
        for (let i = 0; i < 100; i += 1) {
            const own = await ann.next('chat', { text: `${i}` });
            const { timestamp } = await bob.next('chat', { text: `${i}` });
            assert.strictEqual(own.timestamp, timestamp);
            assert.ok(timestamp > last, `${timestamp} after ${last}`);
            last = timestamp;
        }
    });

    test('[CHAT-03] replyTo and unknown members pass', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const members = { text: 'yes', replyTo: 'message-id', id: 'm-1', format: { bold: [0, 3] }, edited: false };
        ann.send('chat', members);
        await bob.next('chat', members);
        await ann.next('chat', members);
    });

    test('[CHAT-01] alone in a room', async (world) => {
        const [ann] = await meet(world, 'Ann');
        ann.send('chat', { text: 'hello?' });
        await ann.next('chat', { text: 'hello?', participantId: ann.id });
        await ann.heardNothing();
    });

    test('[REACT-01] a reaction goes to the others, trimmed', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        for (const [given, shown] of [['thumb', 'thumb'], ['  clap ', 'clap'], ['\u{1f389}', '\u{1f389}'], [` ${'x'.repeat(16)}\n`, 'x'.repeat(16)]]) {
            ann.send('reaction', { reaction: given });
            for (const other of [bob, cleo]) await other.next('reaction', { reaction: shown, participantId: ann.id, roomId: world.room });
        }
        await settle(ann, bob, cleo);
    });

    test('[REACT-02] a reaction of no or too many characters', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const reaction of ['', '   ', '\t\n', 'x'.repeat(17), undefined, null, 5]) {
            ann.send('reaction', { reaction });
            await ann.error('INVALID_MESSAGE', 'Invalid message format');
        }
        await settle(ann, bob);
    });
});
