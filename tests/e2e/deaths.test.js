/* Processes that die, freeze, end or come too late. */
'use strict';

const { assert, suite, meet, settle, lock, knock, http, Program, freshRoom } = require('./harness');

suite('deaths', { server: false }, ({ test }) => {
    test('[DEATH-01] the broker is killed', async (world) => {
        const server = await world.start({ gateways: 2 });
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        await lock(people);
        const dora = await knock(world, 'Dora', people[0]);
        await server.broker.kill();
        server.startBroker();
        for (const person of [...people, dora]) await person.closed(1012);
        await meet({ ...world, room: freshRoom() }, 'Ann', 'Bob', 'Cleo');
        for (const gateway of server.gateways)
            await server.eventually('figures of the new broker', async () => (await http.get(gateway, '/health')).json.totalParticipants === 3);
    });

    test('[DEATH-01] again and again', async (world) => {
        const server = await world.start({ gateways: 2 });
        for (let i = 0; i < 3; i += 1) {
            const people = await meet({ ...world, room: freshRoom() }, 'Ann', 'Bob');
            await server.broker.kill();
            server.startBroker();
            for (const person of people) await person.closed(1012);
        }
        await settle(...await meet({ ...world, room: freshRoom() }, 'Ann', 'Bob'));
    });

    test('[DEATH-02] a gateway is killed', async (world) => {
        const server = await world.start({ gateways: 2 });
        const [first, second] = server.gateways;
        const [ann, bob, cleo] = await meet(world, { name: 'Ann', gateway: first }, { name: 'Bob', gateway: second }, { name: 'Cleo', gateway: second });
        const begun = Date.now();
        await first.kill();
        for (const person of [bob, cleo]) await person.next('participant-left', { participantId: ann.id });
        assert.ok(Date.now() - begun < 3000 * Number(process.env.MM_PATIENCE || 1), `after ${Date.now() - begun} ms`);
        for (const person of [bob, cleo]) await person.next('participant-updated', { participantId: bob.id, isModerator: true });
        await bob.next('moderator-action', { action: 'make-moderator' });
        await settle(bob, cleo);
        server.gateways = [second];
        await server.startGateway('gateway-1');
        const again = await world.client('Ann', { gateway: server.gateways[1] });
        await again.join(world.room);
        for (const person of [bob, cleo]) await person.next('participant-joined', { participantId: again.id });
    });

    test('[DEATH-02] a gateway with all people of a room is killed', async (world) => {
        const server = await world.start({ gateways: 2 });
        const [first, second] = server.gateways;
        await meet(world, { name: 'Ann', gateway: first }, { name: 'Bob', gateway: first });
        await first.kill();
        server.gateways = [second];
        await server.eventually('the room ended', async () => {
            const cleo = await world.client('Cleo', { gateway: second });
            cleo.send('join', { roomId: world.room, name: 'Cleo' });
            const answer = await cleo.next();
            cleo.vanish();
            return answer.code === 'ROOM_NOT_FOUND';
        });
    });

    test('[DEATH-03] a second broker on the same data', async (world) => {
        const server = await world.start({});
        const [ann] = await meet(world, 'Ann');
        const second = new Program('mikromeet-broker', { env: server.environment() });
        assert.deepStrictEqual(await second.ended(), { status: 69, signal: null }, second.text);
        const bob = await world.client('Bob');
        await bob.join(world.room);
        await ann.next('participant-joined', { participantId: bob.id });
        await bob.roster(ann);
        await settle(ann, bob);
    });

    test('[DEATH-04] SIGTERM and SIGINT end them well', async (world) => {
        for (const signal of ['SIGTERM', 'SIGINT']) {
            const server = await world.start({});
            const [ann] = await meet({ ...world, room: freshRoom() }, 'Ann');
            const half = await world.client('Half');
            await server.gateway.stop(signal);
            await ann.closed(1012);
            await half.closed(1012);
            await server.broker.stop(signal);
        }
    });

    test('[DEATH-04] the broker ends while gateways stay', async (world) => {
        const server = await world.start({});
        for (let i = 0; i < 5; i += 1) {
            const people = await meet({ ...world, room: freshRoom() }, 'Ann', 'Bob');
            await server.broker.stop();
            server.startBroker();
            for (const person of people) await person.closed(1012);
        }
    });

    test('[DEATH-05] the broker freezes', async (world) => {
        const server = await world.start({ settings: { 'link-timeout': '700ms' } });
        const [ann] = await meet(world, 'Ann');
        server.broker.signal('SIGSTOP');
        const begun = Date.now();
        await ann.closed(1012);
        assert.ok(Date.now() - begun >= 400, `after ${Date.now() - begun} ms`);
        server.broker.signal('SIGCONT');
        await settle(...await meet({ ...world, room: freshRoom() }, 'Ann', 'Bob'));
    });

    test('[DEATH-06] a gateway freezes, and thaws', async (world) => {
        const server = await world.start({ gateways: 2, settings: { 'link-timeout': '700ms' } });
        const [first, second] = server.gateways;
        const [ann, bob] = await meet(world, { name: 'Ann', gateway: first }, { name: 'Bob', gateway: second });
        first.signal('SIGSTOP');
        await bob.next('participant-left', { participantId: ann.id });
        await bob.next('participant-updated', { participantId: bob.id, isModerator: true });
        await bob.next('moderator-action');
        first.signal('SIGCONT');
        await ann.closed(1012);
        const again = await world.client('Ann', { gateway: first });
        await again.join(world.room);
        await bob.next('participant-joined', { participantId: again.id });
        await settle(bob);
    });

    test('[DEATH-07] a gateway before its broker', async (world) => {
        const server = await world.start({ settings: { 'link-timeout': '700ms' } });
        const witness = await world.client('witness');
        await server.broker.kill();
        await witness.closed(1012);
        const ann = await world.client('Ann');
        ann.room = world.room;
        ann.send('join', { name: 'Ann', isHost: true });
        ann.send('chat', { text: 'early' });
        server.startBroker();
        await ann.seated();
        await ann.next('chat', { text: 'early' });
    });
});
