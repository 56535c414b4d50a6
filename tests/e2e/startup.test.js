/* Settings, start and the folders of the two programs. */
'use strict';

const net = require('node:net');
const { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { assert, suite, meet, settle, http, run, secret, variables, Program, Client } = require('./harness');

const programs = ['mikromeet-gateway', 'mikromeet-broker'];

/* An environment in which a program would start and listen nowhere else. */
function environment(folder, more = {}) {
    mkdirSync(path.join(folder, 'run'), { recursive: true, mode: 0o700 });
    return { HOME: folder, XDG_RUNTIME_DIR: path.join(folder, 'run'),
        ...variables({ data: path.join(folder, 'data'), port: 0, address: '127.0.0.1' }), ...more };
}

function writeConfig(folder, config) {
    const file = path.join(folder, 'mikromeet.json');
    writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
    return file;
}

/* It ends at once, not with 0, and what it says on stderr is short and matches. */
async function refuses(program, args, env, pattern, status) {
    const end = await run(program, args, env);
    assert.notStrictEqual(end.status, 0, `${program} ${args.join(' ')} started`);
    assert.strictEqual(end.signal, null, end.err);
    if (status !== undefined) assert.strictEqual(end.status, status, end.err);
    assert.match(end.err, pattern);
}

suite('settings', { server: false }, ({ test }) => {
    test('[START-04] --help and --version', async (world) => {
        const env = environment(world.folder());
        for (const program of programs) {
            const help = await run(program, ['--help'], env);
            assert.strictEqual(help.status, 0);
            for (const option of ['--help', '--version', '--check-config', '--print-config', '--config', '--data', '--bus', '--log-level'])
                assert.ok(help.out.includes(option), `${program} --help does not tell ${option}`);
            const version = await run(program, ['--version'], env);
            assert.strictEqual(version.status, 0);
            assert.match(version.out, /\d+\.\d+\.\d+/);
        }
        const gateway = (await run(programs[0], ['--help'], env)).out;
        for (const option of ['--port', '--join-deadline', '--turn-url', '--message-limit']) assert.ok(gateway.includes(option), option);
        const broker = (await run(programs[1], ['--help'], env)).out;
        for (const option of ['--max-latent-rooms', '--latent-room-max-age', '--max-participants']) assert.ok(broker.includes(option), option);
    });

    test('[START-02] unknown flags, variables and keys are refused by name', async (world) => {
        const folder = world.folder();
        for (const program of programs) {
            await refuses(program, ['--no-such-thing'], environment(folder), /no-such-thing/, 2);
            await refuses(program, ['--no-such-thing=5'], environment(folder), /no-such-thing/, 2);
            await refuses(program, ['stray'], environment(folder), /stray/, 2);
            await refuses(program, [], environment(folder, { MIKROMEET_NO_SUCH_THING: '1' }), /MIKROMEET_NO_SUCH_THING/, 78);
            const file = writeConfig(folder, { 'no-such-thing': 1 });
            await refuses(program, ['--config', file], environment(folder), /mikromeet\.json.*no-such-thing/, 78);
        }
        await refuses(programs[0], ['--max-latent-rooms', '5'], environment(folder), /max-latent-rooms/, 2);
        await refuses(programs[1], ['--join-deadline', '5s'], environment(folder), /join-deadline/, 2);
    });

    test('[START-03] values out of bounds or malformed are refused by name', async (world) => {
        const folder = world.folder();
        const wrong = [[0, 'port', ['65536', '-1', 'http', '', '80x', '1e3', ' 80', '99999999999999999999']], [0, 'join-deadline', ['99ms', '1y', '-5s', '5 s', '11m']],
            [0, 'message-limit', ['1', '257KiB', '1GB', 'KiB']], [0, 'use-https', ['yes please', '2']],
            [1, 'max-participants', ['1', '1001', 'x']], [1, 'latent-room-max-age', ['999ms', '1 day']], [1, 'log-level', ['loud', '']]];
        for (const [which, name, values] of wrong) {
            const variable = Object.keys(variables({ [name]: 1 }))[0];
            for (const value of values) {
                await refuses(programs[which], [`--${name}=${value}`], environment(folder), new RegExp(`--${name}`), 2);
                await refuses(programs[which], [], environment(folder, { [variable]: value }), new RegExp(variable), 78);
                const file = writeConfig(folder, { [name]: value });
                await refuses(programs[which], ['--config', file], { ...environment(folder), [variable]: undefined },
                    new RegExp(`mikromeet\\.json.*${name}`), 78);
            }
        }
        for (const value of [null, [], {}]) {
            const file = writeConfig(folder, { 'idle-timeout': value });
            await refuses(programs[0], ['--config', file], environment(folder), /mikromeet\.json.*idle-timeout/, 78);
        }
    });

    test('[START-13] a configuration that cannot be read', async (world) => {
        const folder = world.folder();
        for (const program of programs) {
            await refuses(program, ['--config', path.join(folder, 'missing.json')], environment(folder), /missing\.json/, 66);
            for (const text of ['', '{', '[]', '5', '{"port":1,}', '{"port":1} x'])
                await refuses(program, ['--config', writeConfig(folder, text)], environment(folder), /mikromeet\.json/);
            await refuses(program, ['--config', writeConfig(folder, '{"collect":1,"collect":2}')], environment(folder), /mikromeet\.json/);
        }
    });

    test('[START-05] --check-config', async (world) => {
        const folder = world.folder();
        for (const program of programs) {
            const file = writeConfig(folder, { port: 3000, 'max-latent-rooms': 5, 'join-deadline': '20s', 'message-limit': '128KiB', 'use-https': false });
            const end = await run(program, ['--check-config', '--config', file], environment(folder));
            assert.strictEqual(end.status, 0, end.err);
            assert.ok(!existsSync(path.join(folder, 'data')), 'it made its data folder');
            assert.deepStrictEqual(readdirSync(path.join(folder, 'run')), []);
            await refuses(program, ['--check-config', '--config', writeConfig(folder, { collect: 'x' })], environment(folder), /collect/, 78);
        }
    });

    test('[START-15] --check-config looks at ICE servers', async (world) => {
        const folder = world.folder();
        const check = (env) => [['--check-config'], environment(folder, env)];
        await refuses(programs[0], ...check({ MIKROMEET_STUN_URL: 'http://x' }), /stun-url/, 78);
        await refuses(programs[0], ...check({ MIKROMEET_TURN_URL: 'turn:x.example' }), /turn-url/, 78);
        const end = await run(programs[0], ...check({ MIKROMEET_TURN_URL: 'turn:x.example', MIKROMEET_TURN_SECRET: 'x' }));
        assert.strictEqual(end.status, 0, end.err);
    });

    test('[START-14] --print-config', async (world) => {
        const folder = world.folder();
        const hidden = secret('turn');
        const file = writeConfig(folder, { 'join-deadline': '20s', 'max-rooms': 7, 'message-limit': 131072 });
        const env = environment(folder, { MIKROMEET_TURN_SECRET: hidden, PORT: 1, MIKROMEET_LINK_TIMEOUT: '1500ms', MIKROMEET_STUN_URL: 'stun:a\nport=1' });
        const print = async (program, ...args) => {
            const end = await run(program, ['--print-config', '--config', file, ...args], env);
            assert.strictEqual(end.status, 0, end.err);
            assert.ok(!end.out.includes(hidden) && !end.err.includes(hidden), 'a secret was printed');
            return end.out.split('\n');
        };
        const gateway = await print(programs[0], '--use-https=false', '--link-window=2MiB');
        for (const line of ['port=0  # variable MIKROMEET_PORT', `join-deadline=20s  # file ${file}`, 'use-https=false  # flag --use-https',
            'link-window=2MiB  # flag --link-window', 'link-timeout=1500ms  # variable MIKROMEET_LINK_TIMEOUT', `message-limit=128KiB  # file ${file}`,
            'turn-secret=(secret)  # variable MIKROMEET_TURN_SECRET', 'turn-credential=  # default', 'idle-timeout=1m  # default',
            'stun-url=stun:a?port=1  # variable MIKROMEET_STUN_URL'])
            assert.ok(gateway.includes(line), `${line} is not in\n${gateway.join('\n')}`);
        assert.ok(!gateway.some((line) => line.startsWith('max-rooms=')), 'a setting of the broker');
        assert.ok((await print(programs[1])).includes(`max-rooms=7  # file ${file}`));
        assert.deepStrictEqual(readdirSync(path.join(folder, 'run')), []);
        for (const program of programs)
            await refuses(program, ['--print-config', '--collect=x'], environment(folder), /collect/, 2);
    });

    test('[START-01] flag over variable over file over default', async (world) => {
        const folder = world.folder();
        const url = (host) => `stun:${host}.example.org`;
        const names = async (args, env) => {
            const gateway = new Program('mikromeet-gateway', { args, env: environment(folder, env) });
            try {
                gateway.port = (await gateway.started()).port;
                return (await http.get(gateway, '/config')).json.iceServers[0].urls;
            } finally {
                await gateway.stop();
            }
        };
        const file = writeConfig(folder, { 'stun-url': url('file') });
        assert.strictEqual(await names([], {}), 'stun:stun.cloudflare.com:3478');
        assert.strictEqual(await names(['--config', file], {}), url('file'));
        assert.strictEqual(await names([], { MIKROMEET_CONFIG: file }), url('file'));
        assert.strictEqual(await names(['--config', file], { MIKROMEET_STUN_URL: url('variable') }), url('variable'));
        const all = ['--config', file, '--stun-url', url('flag')];
        assert.strictEqual(await names(all, { MIKROMEET_STUN_URL: url('variable') }), url('flag'));
        assert.strictEqual(await names([`--stun-url=${url('flag')}`], {}), url('flag'));
    });

    test('[START-10] the variables of the existing server', async (world) => {
        const folder = world.folder();
        const credential = secret('credential');
        const turn = { TURN_SERVER_URL: 'turn:turn.example.org:3478', TURN_SERVER_USERNAME: 'mikromeet', TURN_SERVER_CREDENTIAL: credential };
        const gateway = new Program('mikromeet-gateway', { env: environment(folder, { ...turn, PORT: 1, USE_HTTPS: 'false' }) });
        gateway.port = (await gateway.started()).port; /* MIKROMEET_PORT wins */
        const { iceServers } = (await http.get(gateway, '/config')).json;
        assert.deepStrictEqual(iceServers[1], { urls: turn.TURN_SERVER_URL, username: 'mikromeet', credential });
        await gateway.stop();
        const bare = environment(folder, { MIKROMEET_PORT: undefined });
        await withPortTaken((port) => refuses('mikromeet-gateway', [], { ...bare, PORT: port }, new RegExp(port)));
        await refuses('mikromeet-gateway', [], { ...bare, PORT: 'x' }, /\bPORT\b/, 78);
        await refuses('mikromeet-broker', [], { ...bare, MAX_LATENT_ROOMS: '-1' }, /MAX_LATENT_ROOMS/, 78);
        await refuses('mikromeet-broker', [], { ...bare, LATENT_ROOM_MAX_AGE_HOURS: 'x' }, /LATENT_ROOM_MAX_AGE_HOURS/, 78);
        const server = await world.start({ environment: { MAX_LATENT_ROOMS: '1', LATENT_ROOM_MAX_AGE_HOURS: '1' } });
        assert.strictEqual((await http.createRoom(server.gateway)).status, 201);
        assert.strictEqual((await http.createRoom(server.gateway)).status, 429);
    });

    test('[START-09] [LOG-01] secrets', async (world) => {
        const folder = world.folder();
        const credential = secret('credential');
        await refuses('mikromeet-gateway', ['--turn-credential', 'x'], environment(folder), /turn-credential/, 2);
        const file = path.join(folder, 'credential');
        writeFileSync(file, `${credential}\n`);
        const turn = { MIKROMEET_TURN_URL: 'turn:turn.example.org', MIKROMEET_TURN_USERNAME: 'u' };
        const ways = [[[], { MIKROMEET_TURN_CREDENTIAL: credential }], [[], { MIKROMEET_TURN_CREDENTIAL_FILE: file }],
            [['--config', writeConfig(folder, { 'turn-credential-file': file })], {}]];
        for (const [args, env] of ways) {
            const gateway = new Program('mikromeet-gateway', { args, env: environment(folder, { ...turn, ...env }) });
            gateway.port = (await gateway.started()).port;
            assert.strictEqual((await http.get(gateway, '/config')).json.iceServers[1].credential, credential);
            await gateway.stop();
        }
        const long = `${credential}${'x'.repeat(600)}`;
        const end = await run('mikromeet-gateway', [], environment(folder, { ...turn, MIKROMEET_TURN_CREDENTIAL: long }));
        assert.notStrictEqual(end.status, 0);
        assert.ok(!end.err.includes(credential), 'a secret was printed');
        await refuses('mikromeet-gateway', [], environment(folder, { ...turn, MIKROMEET_TURN_CREDENTIAL_FILE: path.join(folder, 'none') }), /TURN_CREDENTIAL_FILE/);
    });
});

/* Calls `use` with a port that somebody listens on. */
async function withPortTaken(use) {
    const holder = net.createServer();
    await new Promise((resolve) => { holder.listen(0, '127.0.0.1', resolve); });
    try {
        await use(holder.address().port);
    } finally {
        holder.close();
    }
}

/* Both programs with this environment and no more; a question and answer between them; then the end. */
async function findEachOther(env, look = () => {}) {
    const broker = new Program('mikromeet-broker', { env });
    const gateway = new Program('mikromeet-gateway', { env: { ...env, MIKROMEET_PORT: 0, MIKROMEET_ADDRESS: '127.0.0.1' } });
    try {
        gateway.port = (await gateway.started()).port;
        const client = await Client.open(`ws://127.0.0.1:${gateway.port}`, { label: 'Ann' });
        await client.join('FINDME', { isHost: true });
        await look(gateway, broker);
        await client.close();
        await gateway.stop();
        await broker.stop();
    } finally {
        await gateway.kill();
        await broker.kill();
    }
}

function socketsUnder(folder) {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) return socketsUnder(file);
        return entry.isSocket() ? [file] : [];
    });
}

suite('start', { server: false }, ({ test }) => {
    test('[START-06] [START-11] without options they find each other in $XDG_RUNTIME_DIR', async (world) => {
        const folder = world.folder();
        const runtime = path.join(folder, 'run');
        mkdirSync(runtime, { mode: 0o700 });
        await findEachOther({ HOME: folder, XDG_RUNTIME_DIR: runtime }, () => {
            assert.strictEqual(statSync(path.join(runtime, 'mikromeet')).mode & 0o7777, 0o700);
            const sockets = socketsUnder(folder);
            assert.ok(sockets.length > 0 && sockets.every((socket) => socket.startsWith(path.join(runtime, 'mikromeet'))), sockets.join());
            for (const socket of sockets) assert.strictEqual(statSync(path.dirname(socket)).mode & 0o077, 0);
            assert.ok(existsSync(path.join(folder, '.local/state/mikromeet')), 'no data folder');
        });
    });

    test('[START-06] [START-11] or under the temporary folder', async (world) => {
        const folder = world.folder();
        await findEachOther({ HOME: folder, TMPDIR: folder }, () => {
            const own = path.join(folder, `mikromeet-${process.getuid()}`);
            assert.strictEqual(statSync(own).mode & 0o7777, 0o700);
            assert.ok(socketsUnder(own).length > 0);
        });
    });

    test('[START-06] a data folder by another name of it', async (world) => {
        const folder = world.folder();
        const env = environment(folder);
        mkdirSync(env.MIKROMEET_DATA);
        const broker = new Program('mikromeet-broker', { env: { ...env, MIKROMEET_DATA: `${folder}/./data/` } });
        const gateway = new Program('mikromeet-gateway', { env: { ...env, MIKROMEET_DATA: 'data' }, cwd: folder });
        try {
            const { port } = await gateway.started();
            const client = await Client.open(`ws://127.0.0.1:${port}`, { label: 'Ann' });
            await client.join('FINDME', { isHost: true });
            await client.close();
        } finally {
            await gateway.stop();
            await broker.stop();
        }
    });

    test('[START-11] a runtime folder that others may enter is refused', async (world) => {
        const folder = world.folder();
        const env = environment(folder);
        mkdirSync(path.join(env.XDG_RUNTIME_DIR, 'mikromeet'), { mode: 0o755 });
        for (const program of programs) await refuses(program, [], env, /mikromeet/);
    });

    test('[START-07] a path too long for a socket', async (world) => {
        const folder = world.folder();
        const deep = path.join(folder, 'x'.repeat(80));
        mkdirSync(deep, { mode: 0o700 });
        for (const program of programs) {
            await refuses(program, [], environment(folder, { XDG_RUNTIME_DIR: deep }), new RegExp('x'.repeat(80)));
            await refuses(program, [], environment(folder, { MIKROMEET_BUS: `ipc://${folder}/${'y'.repeat(100)}` }), /y{100}/);
        }
    });

    test('[START-08] two instances beside each other', async (world) => {
        const folder = world.folder();
        const runtime = path.join(folder, 'run');
        mkdirSync(runtime, { mode: 0o700 });
        const both = { XDG_RUNTIME_DIR: runtime };
        const first = await world.start({ folder, data: path.join(folder, 'one'), environment: both });
        const second = await world.start({ folder, data: path.join(folder, 'two'), environment: both });
        await meet({ ...world, client: (label) => first.client(label) }, 'Ann', 'Bob');
        const stranger = await second.client('Eve');
        stranger.send('join', { roomId: world.room, name: 'Eve' });
        await stranger.error('ROOM_NOT_FOUND');
        await second.broker.kill();
        await stranger.closed(1012);
        const [cleo] = await meet({ ...world, room: 'OTHERS', client: (label) => first.client(label) }, 'Cleo');
        await settle(cleo);
    });

    test('[START-12] a port in use', async (world) => {
        await withPortTaken((port) => refuses('mikromeet-gateway', [], environment(world.folder(), { MIKROMEET_PORT: port }), new RegExp(`${port}.*in use`)));
    });

    test('[LOG-01] logs hold no secrets, and every line is JSON', async (world) => {
        const server = await world.start({ settings: { 'log-level': 'debug' } });
        const password = secret('password');
        const { creatorToken } = (await http.createRoom(server.gateway, { roomId: world.room, password, title: secret('title') })).json;
        const [ann, bob] = await meet(world, { name: 'Ann', join: { name: secret('name'), password, creatorToken } },
            { name: 'Bob', join: { name: secret('name\n\u001b[2J'), password } });
        ann.send('chat', { text: secret('chat') });
        for (const person of [ann, bob]) await person.next('chat');
        ann.send('offer', { targetId: bob.id, sdp: secret('sdp') });
        ann.send('ice-candidate', { targetId: bob.id, candidate: { candidate: secret('candidate') } });
        ann.send('file-chunk', { targetId: bob.id, transferId: secret(), chunk: secret('chunk'), index: 0, total: 1 });
        ann.sendText(`{"type":"chat","text":"${secret('bad')}`);
        ann.send('chat', { text: [secret('wrong')] });
        ann.send(secret('type'), {});
        ann.send('offer', { targetId: secret('target'), sdp: 'v=0' });
        for (let i = 0; i < 4; i += 1) await ann.next('error');
        bob.send('join', { roomId: world.room, password: secret('guess') });
        await ann.next('participant-left');
        await http.get(server.gateway, `/${secret('path')}`);
        await server.stop();
        for (const program of server.programs()) assert.ok(!program.text.includes(creatorToken), 'a creator token was logged');
    });
});
