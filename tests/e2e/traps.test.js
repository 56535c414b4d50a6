/* What libwebsockets 4.1.6 does wrong where a server is careless, each seen from outside: a loop that spins, memory read after
 * it was freed, HTTP/2 that nobody asked for, accepting without descriptors, peers that are taken for dead or alive.
 *
 * The gateway's own tests of HTTP are in http.test.js and raw.test.js. */
'use strict';

const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const net = require('node:net');
const tls = require('node:tls');
const { assert, suite, http, Client, Program, freshAddress, within, patienceMs } = require('./harness');
const { startTls } = require('./tls');

const chat = 'x'.repeat(4000);

/* Sends chats until the gateway has stopped reading, while the broker does not answer; returns how many. */
async function sendUntilPaused(gateway, client) {
    let sent = 0;
    while ((await gateway.counters()).receive_paused === 0) {
        for (let i = 0; i < 100; i += 1) client.send('chat', { text: chat, number: sent++ });
    }
    return sent;
}

async function allCome(client, count) {
    for (let i = 0; i < count; i += 1) await client.next('chat', { number: i });
}

/* Runs `body` while the broker is frozen. */
async function whileFrozen(broker, body) {
    broker.signal('SIGSTOP');
    try {
        return await body();
    } finally {
        broker.signal('SIGCONT');
    }
}

/* Seconds of CPU that a process has used. */
function cpuSeconds(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

/* Sends bytes; resolves with what came when the server has closed. */
const raw = (gateway, bytes) => http.raw(gateway, bytes);

/* A raw connection, its end as a promise. */
function connect(gateway) {
    const socket = net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: freshAddress() });
    socket.on('error', () => {});
    socket.ended = new Promise((resolve) => socket.on('close', resolve));
    socket.opened = new Promise((resolve) => socket.on('connect', resolve));
    socket.resume();
    return socket;
}

suite('trap 1: a paused connection over TLS', { settings: { 'link-timeout': '60s' }, gateway: { 'incomplete-limit': '64KiB' } }, ({ test }) => {
    test('[TRAP-01] does not stop the process, and goes on', async (world) => {
        const gateway = await startTls(world, world.server);
        const ann = await world.client('Ann', { gateway, rejectUnauthorized: false });
        await ann.join(world.room, { isHost: true });
        const sent = await whileFrozen(world.server.broker, async () => {
            const count = await sendUntilPaused(gateway, ann);
            const cpu = cpuSeconds(gateway.pid);
            const begun = Date.now();
            for (let i = 0; i < 20; i += 1) {
                const socket = tls.connect({ host: '127.0.0.1', port: gateway.port, rejectUnauthorized: false });
                const parts = [];
                socket.on('data', (part) => parts.push(part));
                const ended = new Promise((resolve, reject) => { socket.on('close', resolve); socket.on('error', reject); });
                socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
                await within(patienceMs, '/health over TLS', ended);
                assert.match(Buffer.concat(parts).toString(), /^HTTP\/1\.1 200 /);
            }
            assert.ok(cpuSeconds(gateway.pid) - cpu <= (Date.now() - begun) / 1000, 'it spins');
            return count;
        });
        await allCome(ann, sent);
    });
});

suite('traps 2 and 3: upgrades', {}, ({ test }) => {
    const health = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const unknown = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: foobarbaz\r\n\r\n';

    test('[TRAP-02] an unknown upgrade alone', async ({ server }) => {
        assert.match(await raw(server.gateway, unknown), /^HTTP\/1\.[01] 403 /);
        assert.strictEqual((await http.get(server.gateway, '/health')).status, 200);
    });

    test('[TRAP-02] both in one packet', async ({ server }) => {
        assert.match(await raw(server.gateway, health + unknown), /^HTTP\/1\.1 200 /);
        assert.match(await raw(server.gateway, unknown + health), /^HTTP\/1\.[01] 403 /);
        assert.strictEqual((await http.get(server.gateway, '/health')).status, 200);
    });

    test('[TRAP-03] h2c is refused', async ({ server }) => {
        for (const target of ['/health', '/ws']) {
            const text = await raw(server.gateway, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n`
                + 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n');
            assert.match(text, /^HTTP\/1\.1 4\d\d /, text);
        }
    });

    test('[TRAP-03] HTTP/2 without asking is closed', async ({ server }) => {
        const text = await raw(server.gateway, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0');
        assert.doesNotMatch(text, /^HTTP\/1\.1 [12]/);
    });

    test('[TRAP-03] TLS never agrees on h2, nor on old versions', async (world) => {
        const gateway = await startTls(world, world.server);
        const agree = async (options) => {
            const socket = tls.connect({ host: '127.0.0.1', port: gateway.port, rejectUnauthorized: false, ...options });
            const agreed = new Promise((resolve, reject) => {
                socket.on('secureConnect', () => resolve({ alpn: socket.alpnProtocol, version: socket.getProtocol() }));
                socket.on('error', reject);
            });
            return within(patienceMs, 'the TLS handshake', agreed).finally(() => socket.destroy());
        };
        assert.strictEqual((await agree({ ALPNProtocols: ['h2', 'http/1.1'] })).alpn, 'http/1.1');
        assert.strictEqual((await agree({})).version, 'TLSv1.3');
        assert.strictEqual((await agree({ maxVersion: 'TLSv1.2' })).version, 'TLSv1.2');
        for (const version of ['TLSv1.1', 'TLSv1'])
            await assert.rejects(agree({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }), version);
    });
});

suite('trap 4: no descriptor left', {}, ({ test }) => {
    const small = async (server, name, through) => {
        const gateway = new Program('mikromeet-gateway', { env: server.environment({ name, port: 0, address: '127.0.0.1' }), through });
        server.gateways.push(gateway);
        gateway.port = (await gateway.line('gateway_listens')).port;
        gateway.url = `ws://127.0.0.1:${gateway.port}`;
        await gateway.line('broker_session');
        return gateway;
    };

    /* Ten pauses are a second at least. */
    const withstand = async (gateway) => {
        const stays = await Client.open(gateway.url);
        const sockets = Array.from({ length: 100 }, () => connect(gateway));
        await gateway.line('accept_paused');
        const from = gateway.lines.length;
        const cpu = cpuSeconds(gateway.pid);
        let paused = 0;
        await gateway.line('accept_paused', () => { paused += 1; return paused === 10; }, from);
        assert.ok(cpuSeconds(gateway.pid) - cpu < 0.5, 'it spins');
        stays.send('join', { roomId: 'nobody-made-this' });
        await stays.error('ROOM_NOT_FOUND');
        sockets.forEach((socket) => socket.destroy());
        await Promise.all(sockets.map((socket) => socket.ended));
        assert.strictEqual((await http.get(gateway, '/health')).status, 200);
        await stays.close();
    };

    test('[TRAP-04] accepting pauses before the bus has no descriptor either', async ({ server }) => {
        await withstand(await small(server, 'small', ['prlimit', '--nofile=64:64']));
    });

    test('[TRAP-04] accepting pauses when the system has none', async ({ server }) => {
        const gateway = await small(server, 'shrunk');
        execFileSync('prlimit', ['--pid', String(gateway.pid), '--nofile=64:64']);
        await withstand(gateway);
    });
});

suite('trap 12: who is paused', {
    settings: { 'link-timeout': '60s', 'link-window': '1MiB' },
    gateway: { 'incomplete-limit': '8MiB', 'ping-interval': '150ms', 'idle-timeout': '600ms' },
}, ({ test }) => {
    test('[TRAP-12] does not look dead while it answers', async (world) => {
        const ann = await world.client('Ann');
        await ann.join(world.room, { isHost: true });
        const sent = await whileFrozen(world.server.broker, async () => {
            const count = await sendUntilPaused(ann.gateway, ann);
            const enough = ann.pings + 8; /* twice the idle timeout */
            const pinged = new Promise((resolve) => ann.socket.on('ping', () => { if (ann.pings >= enough) resolve(); }));
            await Promise.race([within(patienceMs, 'pings while paused', pinged), ann.end]);
            assert.strictEqual(ann.gone, undefined, 'it was closed');
            return count;
        });
        await allCome(ann, sent);
    });

    test('[TRAP-12] does not look alive when it has gone', async (world) => {
        const ann = await world.client('Ann');
        await ann.join(world.room, { isHost: true });
        const { gateway } = ann;
        await whileFrozen(world.server.broker, async () => {
            await sendUntilPaused(gateway, ann);
            const before = (await gateway.counters()).connections;
            ann.vanish();
            await world.server.eventually('its end is noticed', async () => (await gateway.counters()).connections < before);
        });
    });
});
