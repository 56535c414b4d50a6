/* One broker, several gateways: people of one room on different ones.  The meeting's own tests run once more on two
 * gateways (CMakeLists.txt); here is what only several can show. */
'use strict';

const { assert, suite, meet, settle, lock, knock, http, freshRoom } = require('./harness');

suite('three gateways', { gateways: 3 }, ({ test }) => {
    const spread = ({ gateways }) => [{ name: 'Ann', gateway: gateways[0] }, { name: 'Bob', gateway: gateways[1] },
        { name: 'Cleo', gateway: gateways[2] }, { name: 'Dora', gateway: gateways[0] }];

    test('[BUS-01] a meeting over three gateways', async (world) => {
        const people = await meet(world, ...spread(world.server));
        const [ann, bob, cleo, dora] = people;
        for (const person of people) {
            person.send('chat', { text: `from ${person.label}` });
            for (const other of people) await other.next('chat', { participantId: person.id });
            person.send('raise-hand');
            for (const other of people) if (other !== person) await other.next('raise-hand', { participantId: person.id });
            for (const other of people) {
                if (other === person) continue;
                person.send('offer', { targetId: other.id, sdp: 'v=0' });
                await other.next('offer', { participantId: person.id });
            }
        }
        await lock(people);
        const emil = await knock(world, 'Emil', ann);
        ann.send('admit-user', { targetId: emil.id });
        for (const other of people) await other.next('participant-joined', { participantId: emil.id });
        ann.send('moderator-action', { targetId: cleo.id, action: 'kick' });
        await cleo.next('moderator-action');
        await cleo.closed(4003);
        for (const other of [ann, bob, dora]) await other.next('participant-left', { participantId: cleo.id });
        await settle(ann, bob, dora);
    });

    test('[BUS-01] [HEALTH-04] every gateway knows every room and the same figures', async (world) => {
        const { gateways } = world.server;
        assert.strictEqual((await http.createRoom(gateways[0], { roomId: world.room, password: 'p' })).status, 201);
        for (const gateway of gateways) assert.strictEqual((await http.createRoom(gateway, { roomId: world.room })).status, 429);
        await meet(world, ...spread(world.server).map((person) => ({ ...person, join: { password: 'p' } })));
        for (const gateway of gateways) {
            await world.server.eventually('the figures of all', async () => {
                const { totalParticipants, peakParticipants } = (await http.get(gateway, '/health')).json;
                return totalParticipants === 4 && peakParticipants >= 4;
            });
        }
    });

    test('[BUS-02] order per sender holds', async (world) => {
        const people = await meet(world, ...spread(world.server));
        const count = 100;
        for (let i = 0; i < count; i += 1) {
            for (const from of people) {
                if (i % 2) from.send('chat', { text: 'x', number: i });
                else for (const to of people) if (to !== from) from.send('offer', { targetId: to.id, sdp: 'v=0', number: i });
            }
        }
        for (const to of people) {
            const next = Object.fromEntries(people.map((from) => [from.id, from === to ? 1 : 0]));
            for (let left = 3 * count + count / 2; left > 0; left -= 1) {
                const { participantId, number } = await to.next();
                assert.strictEqual(number, next[participantId]);
                next[participantId] += participantId === to.id ? 2 : 1;
            }
        }
        await settle(...people);
    });

    test('[BUS-02] a chat sent before leaving is heard before the leaving', async (world) => {
        const people = await meet(world, ...spread(world.server));
        const [ann, bob, cleo, dora] = people;
        bob.send('chat', { text: 'good bye' });
        bob.send('leave');
        for (const other of [ann, cleo, dora]) {
            await other.next('chat', { text: 'good bye' });
            await other.next('participant-left', { participantId: bob.id });
        }
    });

    test('[BUS-01] many rooms at once', async (world) => {
        const rooms = Array.from({ length: 20 }, () => ({ ...world, room: freshRoom() }));
        await Promise.all(rooms.map(async (other) => {
            const people = await meet(other, ...spread(world.server));
            for (let i = 0; i < 10; i += 1) await settle(...people.slice(i % 4), ...people.slice(0, i % 4));
        }));
    });
});
