/* A whole meeting at log level debug, from settings to its end, and what the logs of all processes and the feed tell of it: never
 * what was said, by whom it was said, or what opens a door.
 *
 * Everything that must not be told is in `hidden`, with the words it is known by; each is looked for as it is, in hexadecimal,
 * in base64 and with the escapes of JSON.
 * Not here: logs of other tests (process.js looks into them at each stop), what the events of the feed are (feed.test.js). */
'use strict';

const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { assert, suite, meet, lock, settle, secret, http, run, Program } = require('./harness');
const { Feed } = require('./feed');

const sdp = (word) => `v=0\r\no=- 4611731400430051336 2 IN IP4 192.0.2.77\r\ns=${secret(word)}\r\na=ice-pwd:${secret('pwd')}\r\na=fingerprint:sha-256 AB:CD\r\n`;
const candidate = (word) => `candidate:842163049 1 udp 1677729535 192.0.2.78 46154 typ srflx ufrag ${secret(word)}`;

/* All forms in which `text` could be told. */
function forms(text) {
    const bytes = Buffer.from(text);
    return [text, JSON.stringify(text).slice(1, -1), bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), encodeURIComponent(text)];
}

/* Everything that is said once in a meeting; adds what must stay hidden. */
async function holdMeeting(world, server, hidden) {
    const hide = (text) => { hidden.push(text); return text; };
    const password = hide(secret('password'));
    const made = await http.createRoom(server.gateway, { roomId: world.room, password, title: hide(secret('title')) });
    assert.strictEqual(made.status, 201, made.text);
    const creatorToken = hide(made.json.creatorToken);
    hide(creatorToken.replace(/-/g, ''));
    const [ann, bob] = await meet(world, { name: 'Ann', join: { name: hide(secret('Ann')), isHost: false, password, creatorToken } },
        { name: 'Bob', join: { name: hide(secret('Bob\n\u001b[2J')), password } });
    const everybody = async (type) => { for (const person of [ann, bob]) await person.next(type); };

    ann.send('chat', { text: hide(secret('chat')), replyTo: hide(secret('reply')) });
    await everybody('chat');
    for (const type of ['offer', 'answer']) {
        ann.send(type, { targetId: bob.id, sdp: hide(sdp(type)) });
        await bob.next(type);
    }
    bob.send('ice-candidate', { targetId: ann.id, candidate: { candidate: hide(candidate('candidate')), sdpMid: '0', sdpMLineIndex: 0 } });
    await ann.next('ice-candidate');
    const transferId = hide(secret('transfer'));
    ann.send('file-offer', { targetId: bob.id, transferId, fileName: hide(secret('file')), fileSize: 3, fileType: hide(secret('kind')) });
    await bob.next('file-offer');
    bob.send('file-answer', { targetId: ann.id, transferId, accepted: true });
    await ann.next('file-answer');
    ann.send('file-chunk', { targetId: bob.id, transferId, chunk: hide(secret('chunk')), index: 0, total: 1 });
    await bob.next('file-chunk');
    await settle(ann, bob);

    await refusals(world, ann, hide);
    await lock([ann, bob]);
    const cleo = await world.client('Cleo');
    cleo.send('join', { roomId: world.room, name: hide(secret('Cleo')), password });
    const { participantId: waiting } = await cleo.next('waiting-room');
    await ann.next('waiting-room');
    ann.send('reject-user', { targetId: waiting, reason: hide(secret('reason')) });
    await cleo.next('reject-user');
    await cleo.closed(4004);
    return { ann, bob };
}

/* What is refused is logged; what it said is not. */
async function refusals(world, ann, hide) {
    const refused = [`{"type":"chat","text":"${hide(secret('torn'))}`, `{"type":"chat","text":["${hide(secret('wrong'))}"]}`,
        `{"type":"${hide(secret('type'))}"}`, `{"type":"offer","targetId":"${hide(secret('target'))}","sdp":"${hide(secret('lost'))}"}`];
    for (const text of refused) {
        ann.sendText(text);
        await ann.next('error');
    }
    const eve = await world.client('Eve');
    eve.send('join', { roomId: world.room, name: hide(secret('Eve')), password: hide(secret('guess')) });
    await eve.error('INVALID_PASSWORD');
    eve.send('join', { roomId: world.room, name: 'Eve', creatorToken: hide(secret('token')) });
    await eve.next('error');
    for (const place of [`/${hide(secret('path'))}`, `/api/rooms/${hide(secret('room'))}`, `/health?token=${hide(secret('query'))}`])
        await http.get(eve.gateway, place, { Authorization: `Bearer ${hide(secret('bearer'))}`, Cookie: hide(secret('cookie')) });
}

/* The operator's part: each command once; the meeting ends with it. */
async function operate(world, server, { ann, bob }, hidden) {
    const admin = async (...args) => {
        const end = await run('mikromeet-admin', args, server.environment());
        assert.strictEqual(end.status, 0, `${args.join(' ')}: ${end.err}`);
        return end;
    };
    const password = secret('file');
    hidden.push(password);
    const file = path.join(world.folder(), 'password');
    writeFileSync(file, `${password}\n`);
    const made = JSON.parse((await admin('create', '--json', `--password-file=${file}`, `--title=${secret('plan')}`)).out);
    hidden.push(made.creatorToken, made.creatorToken.replace(/-/g, ''));
    for (const args of [['rooms'], ['room', world.room], ['stats'], ['gateways']]) await admin(...args);
    await admin('kick', world.room, bob.id);
    await bob.next('moderator-action');
    await bob.closed(4003);
    await ann.next('participant-left');
    await admin('close', world.room);
    await ann.next('moderator-action');
    await ann.closed(4005);
    await admin('close', made.roomId);
}

function findTold(text, hidden) {
    return hidden.filter((one) => forms(one).some((form) => text.includes(form)));
}

suite('logs', { server: false }, ({ test }) => {
    test('[LOG-02] a whole meeting at level debug leaves nothing of it in the logs or the feed', async (world) => {
        const hidden = ['SECRET-', '192.0.2.77', '192.0.2.78'];
        const credential = secret('turn');
        hidden.push(credential);
        const server = await world.start({ settings: { 'log-level': 'debug' },
            gateway: { 'turn-url': 'turn:turn.example.org', 'turn-username': 'operator', 'turn-credential': credential } });
        const feed = await Feed.open(server);
        const watch = new Program('mikromeet-admin', { args: ['watch', '--json'], env: server.environment() });
        try {
            await server.eventually('the first figures', () => watch.stdout.includes('stats'));
            assert.strictEqual((await http.get(server.gateway, '/config')).json.iceServers[1].credential, credential);
            const meeting = await holdMeeting(world, server, hidden);
            await operate(world, server, meeting, hidden);
            await feed.next((event) => event.topic === 'room.closed');
            await feed.next((event) => event.topic === 'stats');
            watch.signal('SIGINT');
            assert.strictEqual((await watch.ended()).status, 0);
            await server.counters();
            await server.stop();

            assert.ok(hidden.length > 25);
            for (const program of server.programs()) {
                assert.ok(program.lines.some((record) => record.level === 'debug'), `${program.name} logged nothing at debug:\n${program.text}`);
                assert.deepStrictEqual(findTold(program.text, hidden), [], `${program.name} logged it:\n${program.text}`);
                checkLines(program);
            }
            const told = feed.all.map((event) => JSON.stringify(event)).join('\n');
            for (const text of [told, watch.stdout]) {
                assert.deepStrictEqual(findTold(text, [world.room]), [world.room], 'the feed did not tell of the room');
                assert.deepStrictEqual(findTold(text, hidden), [], 'the feed told it');
            }
        } finally {
            if (!watch.end) await watch.kill();
            await feed.close();
        }
    });
});

/* One object a line, with a time, a level and a constant id; both processes logged at level debug. */
function checkLines(program) {
    assert.deepStrictEqual(program.foreign, [], `${program.name} wrote lines that are no JSON`);
    assert.ok(program.lines.length > 3, program.text);
    for (const record of program.lines) {
        const shown = JSON.stringify(record);
        assert.match(record.event, /^[a-z][a-z0-9_]*$/, shown);
        assert.ok(['debug', 'info', 'warn', 'error'].includes(record.level), shown);
        assert.ok(!Number.isNaN(new Date(record.ts).getTime()), shown);
    }
}
