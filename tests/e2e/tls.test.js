/* HTTPS and WSS by certificate and key, and their exchange while the gateway runs. */
'use strict';

const { execFileSync } = require('node:child_process');
const { copyFileSync, writeFileSync } = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const tls = require('node:tls');
const WebSocket = require('ws');
const { assert, suite, http, Program, within, patienceMs } = require('./harness');

/* A self-signed pair NAME.pem and NAME.key of that key type. */
function makePair(folder, name, type = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']) {
    const [certificate, key] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-newkey', ...type,
        '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'pipe' });
    return { certificate, key };
}

function install(pair, to) {
    copyFileSync(pair.certificate, to.certificate);
    copyFileSync(pair.key, to.key);
}

/* A gateway of the server's that speaks TLS; stopped with it. */
async function startTls(server, files) {
    const gateway = new Program('mikromeet-gateway', {
        env: server.environment({
            name: `tls-${server.gateways.length}`, port: 0, address: '127.0.0.1', 'use-https': true, 'tls-certificate': files.certificate, 'tls-key': files.key,
        }),
    });
    server.gateways.push(gateway);
    gateway.port = (await gateway.started()).port;
    return gateway;
}

/* One handshake: {name: of the certificate, version}, or an error. */
function handshake(gateway, options = {}) {
    return within(patienceMs, 'no handshake', new Promise((resolve, reject) => {
        const socket = tls.connect({ host: '127.0.0.1', port: gateway.port, rejectUnauthorized: false, ...options }, () => {
            resolve({ name: socket.getPeerCertificate().subject.CN, version: socket.getProtocol() });
            socket.destroy();
        });
        socket.on('error', reject);
    }));
}

function get(gateway, place) {
    return within(patienceMs, `${place} was not answered`, new Promise((resolve, reject) => {
        https.get({ host: '127.0.0.1', port: gateway.port, path: place, rejectUnauthorized: false, agent: false }, (response) => {
            response.resume();
            response.on('end', () => resolve(response));
        }).on('error', reject);
    }));
}

async function openSocket(gateway) {
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/ws`, { rejectUnauthorized: false });
    await within(patienceMs, 'no WebSocket', new Promise((resolve, reject) => {
        socket.on('open', resolve);
        socket.on('error', reject);
    }));
    return socket;
}

function ask(socket, message) {
    const answer = new Promise((resolve, reject) => {
        socket.once('message', (data) => resolve(JSON.parse(data)));
        socket.once('close', (code, reason) => reject(new Error(`the connection was closed: ${code} ${reason}`)));
    });
    socket.send(JSON.stringify(message));
    return within(patienceMs, 'no answer', answer);
}

/* SIGHUP, and the log line that follows. */
async function reload(gateway, event) {
    const from = gateway.lines.length;
    gateway.signal('SIGHUP');
    await gateway.line(event, () => true, from);
}

suite('TLS', { gateways: 1 }, ({ test }) => {
    test('[TLS-01] HTTPS and WSS, of 1.2 and 1.3 alone', async (world) => {
        const gateway = await startTls(world.server, makePair(world.folder(), 'first'));
        assert.strictEqual((await get(gateway, '/health')).statusCode, 200);
        for (const version of ['TLSv1.2', 'TLSv1.3'])
            assert.strictEqual((await handshake(gateway, { minVersion: version, maxVersion: version })).version, version);
        for (const version of ['TLSv1', 'TLSv1.1'])
            await assert.rejects(handshake(gateway, { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' }), version);
        await assert.rejects(http.get(gateway, '/health'));
        const socket = await openSocket(gateway);
        const seated = await ask(socket, { type: 'join', roomId: world.room, name: 'Ann', isHost: true });
        assert.strictEqual(seated.type, 'participant-joined');
        socket.terminate();
    });

    test('[TLS-02] SIGHUP: the next handshakes get the new certificate, nobody is dropped', async (world) => {
        const folder = world.folder();
        const files = { certificate: path.join(folder, 'live.pem'), key: path.join(folder, 'live.key') };
        install(makePair(folder, 'first', ['rsa:2048']), files);
        const gateway = await startTls(world.server, files);
        assert.strictEqual((await handshake(gateway)).name, 'first');
        const socket = await openSocket(gateway);
        await ask(socket, { type: 'join', roomId: world.room, name: 'Ann', isHost: true });
        for (const [name, ...type] of [['second'], ['third', ['rsa:2048']], ['fourth']]) {
            install(makePair(folder, name, ...type), files);
            await reload(gateway, 'certificate_reloaded');
            for (const version of ['TLSv1.2', 'TLSv1.3'])
                assert.strictEqual((await handshake(gateway, { minVersion: version, maxVersion: version })).name, name);
            assert.strictEqual((await ask(socket, { type: 'chat', text: name })).text, name);
        }
        socket.terminate();
    });

    test('[TLS-03] SIGHUP with a bad file: refused, logged, the old certificate stays', async (world) => {
        const folder = world.folder();
        const files = { certificate: path.join(folder, 'live.pem'), key: path.join(folder, 'live.key') };
        const first = makePair(folder, 'first');
        const other = makePair(folder, 'other');
        install(first, files);
        const gateway = await startTls(world.server, files);
        const socket = await openSocket(gateway);
        const stays = async () => {
            await reload(gateway, 'certificate_refused');
            assert.strictEqual((await handshake(gateway)).name, 'first');
        };
        copyFileSync(other.certificate, files.certificate);
        await stays();
        copyFileSync(first.certificate, files.certificate);
        copyFileSync(other.key, files.key);
        await stays();
        writeFileSync(files.key, 'no key');
        await stays();
        writeFileSync(files.key, '');
        writeFileSync(files.certificate, '');
        await stays();
        install(other, files);
        await reload(gateway, 'certificate_reloaded');
        assert.strictEqual((await handshake(gateway)).name, 'other');
        assert.strictEqual((await ask(socket, { type: 'join', roomId: world.room, name: 'Ann', isHost: true })).type, 'participant-joined');
        socket.terminate();
    });

    test('[TLS-04] without TLS, SIGHUP does nothing', async (world) => {
        const { server } = world;
        const ann = await world.client('ann', { gateway: server.gateway });
        await ann.join(world.room, { isHost: true });
        await reload(server.gateway, 'nothing_to_reload');
        server.broker.signal('SIGHUP');
        ann.send('chat', { text: 'still there' });
        await ann.next('chat', { text: 'still there' });
    });
});
