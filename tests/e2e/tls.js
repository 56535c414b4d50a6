/* A gateway that speaks TLS, and raw bytes to it.  Not here: raw bytes without TLS (http.js). */
'use strict';

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const tls = require('node:tls');
const { Program, within, patienceMs } = require('./process');
const { freshAddress } = require('./addresses');

/* A certificate that is its own authority, made now: {certificate, key}. */
function selfSigned(folder) {
    const files = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') };
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
        '-subj', '/CN=localhost', '-keyout', files.key, '-out', files.certificate], { stdio: 'ignore' });
    return files;
}

/* One more gateway of `server`, with TLS. */
async function startTls(world, server, own = {}) {
    const { certificate, key } = selfSigned(world.folder());
    const settings = { name: 'tls', port: 0, address: '127.0.0.1', 'use-https': true, 'tls-certificate': certificate, 'tls-key': key };
    const gateway = new Program('mikromeet-gateway', { env: server.environment({ ...settings, ...own }) });
    server.gateways.push(gateway);
    gateway.port = (await gateway.line('gateway_listens')).port;
    gateway.url = `wss://127.0.0.1:${gateway.port}`;
    await gateway.line('broker_session');
    return gateway;
}

/* Sends bytes and returns all that comes until the server closes. */
async function rawTls(gateway, bytes) {
    const socket = tls.connect({ host: '127.0.0.1', port: gateway.port, rejectUnauthorized: false, localAddress: freshAddress() });
    const parts = [];
    const closed = new Promise((resolve) => {
        socket.on('data', (part) => parts.push(part));
        socket.on('error', () => {});
        socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
    });
    socket.write(bytes);
    return within(patienceMs, 'the server did not close the TLS connection', closed).finally(() => socket.destroy());
}

module.exports = { startTls, rawTls };
