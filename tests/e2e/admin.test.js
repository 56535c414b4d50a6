/* mikromeet-admin against a running broker. */
'use strict';

const path = require('node:path');
const { writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const { assert, suite, meet, settle, lock, knock, secret, http, run, Program, within, patienceMs, binaries } = require('./harness');

/* {status, out, err, json}; what it says on stderr is for people and no JSON. */
async function admin(server, ...args) {
    const end = await run('mikromeet-admin', args, server.environment());
    assert.strictEqual(end.signal, null, end.err);
    let json;
    try {
        json = JSON.parse(end.out);
    } catch {
        json = undefined;
    }
    return { ...end, json };
}

async function fails(server, status, pattern, ...args) {
    const end = await admin(server, ...args);
    assert.strictEqual(end.status, status, `${args.join(' ')}: ${end.status} ${end.err}`);
    assert.match(end.err, pattern);
    assert.strictEqual(end.err.trim().split('\n').length, 1, end.err);
    assert.strictEqual(end.out, '');
}

suite('admin', {}, ({ test }) => {
    test('[ADMIN-01] rooms and one room', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        await lock([ann, bob]);
        const cleo = await knock(world, 'Cleo', ann);
        const rooms = await admin(world.server, 'rooms', '--json');
        assert.strictEqual(rooms.status, 0, rooms.err);
        const listed = rooms.json.find((room) => room.roomId === world.room);
        for (const [name, value] of Object.entries({ participants: 2, maxParticipants: 8, waiting: 1, locked: true, needsPassword: false, kept: false }))
            assert.strictEqual(listed[name], value, name);
        const { json: room } = await admin(world.server, '--json', 'room', world.room);
        assert.deepStrictEqual(room.people.map(({ participantId, name, isModerator }) => [participantId, name, isModerator]),
            [[ann.id, 'Ann', true], [bob.id, 'Bob', false]]);
        assert.deepStrictEqual(room.atTheDoor.map(({ participantId, name }) => [participantId, name]), [[cleo.id, 'Cleo']]);
        const table = await admin(world.server, 'room', world.room);
        assert.match(table.out, /Cleo/);
        assert.match((await admin(world.server, 'rooms')).out, new RegExp(`^${world.room} +2 +8 +1 +yes +no +no `, 'm'));
    });

    test('[ADMIN-02] create', async (world) => {
        const folder = world.folder();
        const password = secret('password');
        writeFileSync(path.join(folder, 'password'), `${password}\n`);
        const made = await admin(world.server, 'create', '--title=Roadmap', `--password-file=${path.join(folder, 'password')}`, '--max', '3',
            `--room=${world.room}`, '--json');
        assert.strictEqual(made.status, 0, made.err);
        assert.strictEqual(made.json.roomId, world.room);
        const ann = await world.client('Ann');
        ann.send('join', { roomId: world.room, name: 'Ann', password: 'wrong' });
        await ann.error('INVALID_PASSWORD');
        await ann.join(world.room, { password, creatorToken: made.json.creatorToken });
        const { json } = await admin(world.server, 'room', world.room, '--json');
        assert.strictEqual(json.title, 'Roadmap');
        assert.strictEqual(json.maxParticipants, 3);
        assert.strictEqual(json.needsPassword, true);
        await fails(world.server, 4, /exists/, 'create', `--room=${world.room}`);
        await fails(world.server, 2, /max/, 'create', '--max=1');
        await fails(world.server, 2, /password/, 'create', '--password=x');
    });

    test('[ADMIN-02] a password from stdin', async (world) => {
        const child = spawn(path.join(binaries, 'mikromeet-admin'), ['create', '--json', '--password-file=-', `--room=${world.room}`],
            { env: { PATH: process.env.PATH, ...world.server.environment() }, stdio: ['pipe', 'pipe', 'inherit'] });
        let out = '';
        child.stdout.on('data', (data) => { out += data; });
        child.stdin.end('hush\n');
        await within(patienceMs, 'create did not end', new Promise((resolve) => { child.on('close', resolve); }));
        assert.strictEqual(JSON.parse(out).roomId, world.room);
        const ann = await world.client('Ann');
        await ann.join(world.room, { password: 'hush' });
    });

    test('[ADMIN-03] close', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        await lock([ann, bob]);
        const cleo = await knock(world, 'Cleo', ann);
        const done = await admin(world.server, 'close', world.room, '--json');
        assert.deepStrictEqual(done.json, { closed: world.room });
        for (const person of [ann, bob]) {
            await person.next('moderator-action', { participantId: person.id, targetId: person.id, action: 'kick' });
            await person.closed(4005);
        }
        await cleo.next('reject-user', { targetId: cleo.id, reason: 'The meeting has ended' });
        await cleo.closed(4005);
        await fails(world.server, 3, /no such room/, 'room', world.room);
        await fails(world.server, 3, /no such room/, 'close', world.room);
        const again = await world.client('Ann');
        again.send('join', { roomId: world.room, name: 'Ann' });
        await again.error('ROOM_NOT_FOUND');
    });

    test('[ADMIN-03] close takes a room made in advance, and its record', async (world) => {
        assert.strictEqual((await http.createRoom(world.server.pickGateway(), { roomId: world.room })).status, 201);
        assert.strictEqual((await admin(world.server, 'close', world.room)).status, 0);
        await fails(world.server, 3, /no such room/, 'room', world.room);
        assert.strictEqual((await admin(world.server, 'create', `--room=${world.room}`)).status, 0);
    });

    test('[ADMIN-04] kick', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        const done = await admin(world.server, 'kick', world.room, ann.id, '--json');
        assert.deepStrictEqual(done.json, { kicked: ann.id });
        await ann.next('moderator-action', { participantId: ann.id, targetId: ann.id, action: 'kick' });
        await ann.closed(4003);
        for (const other of [bob, cleo]) {
            await other.next('participant-left', { participantId: ann.id });
            await other.next('participant-updated', { participantId: bob.id, isModerator: true });
        }
        await bob.next('moderator-action', { targetId: bob.id, action: 'make-moderator' });
        await settle(bob, cleo);
        await fails(world.server, 3, /no such participant/, 'kick', world.room, ann.id);
        await fails(world.server, 3, /no such participant/, 'kick', world.room, 'nobody');
        await fails(world.server, 3, /no such room/, 'kick', 'nowhere', bob.id);
        await fails(world.server, 3, /no such room/, 'kick', 'no room at all', bob.id);
    });

    test('[ADMIN-05] stats and gateways', async (world) => {
        await meet(world, 'Ann', 'Bob');
        const stats = await admin(world.server, 'stats', '--json');
        assert.ok(stats.json.counters.participants >= 2 && stats.json.counters.rooms >= 1 && stats.json.counters.admins === 1, stats.out);
        assert.ok(stats.json.epoch > 0 && stats.json.uptime > 0 && stats.json.events > 0);
        assert.match((await admin(world.server, 'stats')).out, /^participants +\d+$/m);
        const gateways = await admin(world.server, 'gateways', '--json');
        assert.deepStrictEqual(gateways.json.map(({ gateway, up }) => [gateway, up]), world.server.gateways.map((_, i) => [`gateway-${i + 1}`, true]));
        assert.match((await admin(world.server, 'gateways')).out, /^gateway-1 +yes /m);
        await world.server.eventually('no admin stays', async () => (await world.server.broker.counters()).admins === 0);
    });

    test('[ADMIN-06] watch', async (world) => {
        for (const json of [true, false]) {
            const watch = new Program('mikromeet-admin', { args: json ? ['watch', '--json'] : ['watch'], env: world.server.environment() });
            try {
                await world.server.eventually('the first figures', () => watch.stdout.includes('stats'));
                const room = json ? `${world.room}-1` : `${world.room}-2`;
                const ann = await world.client('Ann');
                await ann.join(room, { isHost: true });
                await ann.close();
                await world.server.eventually('the room to be closed', () => watch.stdout.split('\n').some((line) => line.includes('room.closed') && line.includes(room)));
                watch.signal('SIGINT');
                assert.deepStrictEqual(await watch.ended(), { status: 0, signal: null });
                const lines = watch.stdout.trim().split('\n').filter((line) => line.includes(room));
                assert.strictEqual(lines.length, 4, watch.stdout);
                if (json) {
                    const events = lines.map((line) => JSON.parse(line));
                    assert.deepStrictEqual(events.map((event) => event.topic), ['room.created', 'participant.joined', 'participant.left', 'room.closed']);
                    assert.ok(events.every((event, i) => event.seq > 0 && event.epoch > 0 && (i === 0 || event.seq > events[i - 1].seq)));
                } else {
                    assert.match(lines[1], /^\d\d:\d\d:\d\d\.\d{3} {2}participant\.joined +roomId=.* participantId=.* isModerator=yes participants=1$/);
                }
            } finally {
                if (!watch.end) await watch.kill();
            }
        }
    });

    test('[ADMIN-08] names cannot inject terminal sequences', async (world) => {
        const evil = 'A\u202Enn\\ \u200BX \u001B[2J\u009B31m';
        const ann = await world.client('Ann');
        ann.send('join', { roomId: world.room, name: evil, isHost: true });
        await ann.next('participant-joined', { isModerator: true });
        await http.createRoom(world.server.pickGateway(), { title: `t \u202E ${String.fromCharCode(27)}]0;x` });
        for (const args of [['room', world.room], ['rooms'], ['room', world.room, '--json'], ['rooms', '--json']]) {
            const { out, status } = await admin(world.server, ...args);
            assert.strictEqual(status, 0);
            assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
            if (args.includes('--json')) assert.match(out, /^[\n\x20-\x7e]*$/);
        }
        await fails(world.server, 3, /^[^\u001b]*\\x1b\[2J[^\u001b]*$/, 'room', 'x\u001b[2J');
    });

    test('[ADMIN-09] usage', async (world) => {
        for (const args of [[], ['nothing'], ['rooms', 'extra'], ['room'], ['kick', 'A'], ['rooms', '--max=3'], ['rooms', '--nothing'], ['rooms', '--timeout=x'], ['rooms', '--jso']])
            await fails(world.server, 2, /mikromeet-admin/, ...args);
        const help = await admin(world.server, '--help');
        for (const word of ['rooms', 'room ID', 'create', 'close ID', 'kick ID PARTICIPANT', 'stats', 'gateways', 'watch', '--json', '--bus', '--timeout'])
            assert.ok(help.out.includes(word), word);
        assert.match((await admin(world.server, '--version')).out, /^mikromeet-admin \d+\.\d+\.\d+$/m);
    });

    test('[ADMIN-10] the bus by flag', async (world) => {
        const { bus } = await world.server.broker.started();
        const end = await run('mikromeet-admin', ['rooms', '--json', '--bus', bus], { HOME: world.folder() });
        assert.strictEqual(end.status, 0, end.err);
    });

    test('[ADMIN-02] an operator is not limited as an address is', async (world) => {
        for (let i = 0; i < 14; i += 1) {
            const end = await admin(world.server, 'create', '--json');
            assert.strictEqual(end.status, 0, end.err);
            await admin(world.server, 'close', end.json.roomId);
        }
    });
});

suite('admin without a broker', { server: false }, ({ test }) => {
    test('[ADMIN-07] one clear line within 2 s', async (world) => {
        const server = await world.start();
        const environment = server.environment();
        server.broker.signal('SIGSTOP');
        const frozen = Date.now();
        await fails(server, 69, /no broker/, 'rooms');
        assert.ok(Date.now() - frozen < 2000, `${Date.now() - frozen} ms`);
        await fails(server, 69, /no broker/, 'rooms', '--timeout=100ms');
        server.broker.signal('SIGCONT');
        const folder = world.folder();
        for (const command of ['rooms', 'watch', 'stats']) {
            const begin = Date.now();
            const end = await run('mikromeet-admin', [command], { ...environment, MIKROMEET_DATA: path.join(folder, 'data') });
            assert.strictEqual(end.status, 69, end.err);
            assert.match(end.err, /^mikromeet-admin: ipc:.*: no broker answers there\n$/);
            assert.ok(Date.now() - begin < 2000, `${command}: ${Date.now() - begin} ms`);
        }
    });

    test('[ADMIN-06] watch ends when the broker does not speak any more', async (world) => {
        const server = await world.start();
        const watch = new Program('mikromeet-admin', { args: ['watch'], env: server.environment() });
        try {
            await server.eventually('the first figures', () => watch.stdout.includes('stats'));
            server.broker.signal('SIGSTOP');
            assert.deepStrictEqual(await watch.ended(), { status: 69, signal: null });
            assert.match(watch.text, /no broker/);
        } finally {
            server.broker.signal('SIGCONT');
            if (!watch.end) await watch.kill();
        }
    });
});
