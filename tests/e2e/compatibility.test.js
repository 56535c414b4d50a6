/* Habits of the existing browser client, which must find nothing changed. */
'use strict';

const { assert, suite, meet, queueUp, settle, http, rawText } = require('./harness');

/* The members of a join as that client sends it. */
const joinOf = (room, name, isHost) => ({ roomId: room, participantId: '', name, password: '', isHost, creatorToken: '', timestamp: Date.now() });

/* What each client is told in the reference, and nothing more. */
const membersOf = {
    'participant-joined': ['name', 'isModerator', 'isMuted', 'isVideoOff'],
    'participant-left': [],
    'participant-updated': ['isModerator', 'isMuted', 'isVideoOff', 'isHandRaised'],
    offer: ['targetId', 'sdp'],
    answer: ['targetId', 'sdp'],
    'ice-candidate': ['targetId', 'candidate'],
    chat: ['text'],
};

function isPlain(message) {
    assert.deepStrictEqual(Object.keys(message).sort(),
        ['type', 'roomId', 'participantId', 'timestamp', ...membersOf[message.type]].sort(), message[rawText]);
    return message;
}

suite('existing client', {}, ({ test }) => {
    test('[COMPAT-01] a whole queue right behind the join', async (world) => {
        const creator = (await http.createRoom(world.server.gateway, { roomId: world.room, password: '' })).json;
        const ann = await world.client('Ann');
        ann.send('join', { ...joinOf(world.room, 'Ann', true), creatorToken: creator.creatorToken });
        ann.send('participant-updated', { isMuted: true, isVideoOff: false, isHandRaised: false });
        await ann.seated({ name: 'Ann', isModerator: true });
        const bob = await world.client('Bob');
        bob.send('join', joinOf(world.room, 'Bob', false));
        bob.send('participant-updated', { isMuted: false, isVideoOff: true, isHandRaised: false });
        bob.send('offer', { targetId: ann.id, sdp: 'v=0\r\n' });
        for (let i = 0; i < 20; i += 1)
            bob.send('ice-candidate', { targetId: ann.id, candidate: { candidate: `candidate:${i}`, sdpMid: null, sdpMLineIndex: null, usernameFragment: null } });
        bob.send('ice-candidate', { targetId: ann.id, candidate: null });
        bob.send('chat', { text: 'hello' });
        await bob.seated({ name: 'Bob', isModerator: false });
        await bob.next('participant-joined', { participantId: ann.id, isMuted: true });
        await bob.next('chat', { text: 'hello' });
        await ann.next('participant-joined', { participantId: bob.id });
        await ann.next('participant-updated', { participantId: bob.id, isVideoOff: true });
        await ann.next('offer', { participantId: bob.id });
        for (let i = 0; i < 20; i += 1)
            await ann.next('ice-candidate', { candidate: { candidate: `candidate:${i}`, sdpMid: null, sdpMLineIndex: null, usernameFragment: null } });
        await ann.next('ice-candidate', { candidate: null });
        await ann.next('chat', { text: 'hello' });
        await settle(ann, bob);
    });

    test('[COMPAT-02] [ORDER-07] a plain meeting, message for message', async (world) => {
        const people = [];
        for (const name of ['Ann', 'Bob', 'Cleo']) {
            const client = await world.client(name);
            client.send('join', joinOf(world.room, name, people.length === 0));
            const own = isPlain(await client.seated({ name, isModerator: people.length === 0, isMuted: false, isVideoOff: false, roomId: world.room }));
            assert.strictEqual(typeof own.timestamp, 'number');
            for (const other of people) {
                isPlain(await client.next('participant-joined', { participantId: other.id, name: other.label, isModerator: other === people[0] }));
                isPlain(await other.next('participant-joined', { participantId: client.id, name, isModerator: false }));
            }
            for (const other of people) {
                client.send('offer', { targetId: other.id, sdp: 'v=0' });
                isPlain(await other.next('offer', { participantId: client.id }));
                other.send('answer', { targetId: client.id, sdp: 'v=0' });
                isPlain(await client.next('answer', { participantId: other.id }));
                client.send('ice-candidate', { targetId: other.id, candidate: { candidate: '', sdpMid: '0', sdpMLineIndex: 0 } });
                isPlain(await other.next('ice-candidate', { participantId: client.id }));
            }
            people.push(client);
        }
        const [ann, bob, cleo] = people;
        bob.send('chat', { text: 'hello' });
        for (const person of people) isPlain(await person.next('chat', { participantId: bob.id }));
        cleo.send('participant-updated', { isMuted: true, isVideoOff: false, isHandRaised: false });
        for (const person of [ann, bob]) isPlain(await person.next('participant-updated', { participantId: cleo.id }));
        cleo.send('leave');
        await cleo.close(1000);
        for (const person of [ann, bob]) isPlain(await person.next('participant-left', { participantId: cleo.id }));
        await settle(ann, bob);
    });

    test('[COMPAT-03] nobody is thrown out by an error about people just gone', async (world) => {
        const [ann, bob, cleo, dora] = await queueUp(world, 'Dora', 'Ann', 'Bob', 'Cleo');
        bob.vanish();
        for (let i = 0; i < 50; i += 1) {
            ann.send('ice-candidate', { targetId: bob.id, candidate: { candidate: `candidate:${i}` } });
            cleo.send('offer', { targetId: bob.id, sdp: 'v=0' });
            ann.send('file-chunk', { targetId: bob.id, transferId: 't', chunk: 'x'.repeat(1000), index: i, total: 50 });
            ann.send('moderator-action', { targetId: bob.id, action: 'mute' });
            if (i === 25) dora.vanish();
            ann.send('admit-user', { targetId: dora.id });
            ann.send('reject-user', { targetId: dora.id });
        }
        ann.send('chat', { text: 'end' });
        for (const person of [ann, cleo]) {
            const seen = await person.until('chat');
            assert.ok(seen.every((message) => message.type !== 'error'), JSON.stringify(seen));
        }
    });

    test('[COMPAT-05] unknown members do no harm', async (world) => {
        const more = { version: 3, capabilities: ['a', 'b'], nested: { a: { b: null } }, features: null };
        const [ann, bob] = await meet(world, { name: 'Ann', join: more }, { name: 'Bob', join: more });
        bob.send('raise-hand', more);
        await ann.next('raise-hand');
        bob.send('participant-updated', { isMuted: true, ...more });
        await ann.next('participant-updated');
        bob.send('reaction', { reaction: 'heart', ...more });
        await ann.next('reaction');
        ann.send('room-locked', more);
        for (const person of [ann, bob]) await person.next('room-locked');
        ann.send('moderator-action', { targetId: bob.id, action: 'mute', ...more });
        for (const person of [ann, bob]) await person.next('participant-updated');
        await bob.next('moderator-action');
        bob.send('leave', more);
        await ann.next('participant-left');
    });

    test('[COMPAT-06] origins and compression offers of browsers', async (world) => {
        for (const options of [{ origin: 'https://meet.example.org' }, { origin: 'null' }, { perMessageDeflate: true },
            { headers: { 'User-Agent': 'x'.repeat(300), Cookie: 'a=b', 'Accept-Language': 'de' } }]) {
            const client = await world.client('client', options);
            assert.strictEqual(client.socket.extensions, '');
            await client.join(world.room, { isHost: true });
            client.vanish();
        }
    });
});
