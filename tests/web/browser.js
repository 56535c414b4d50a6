/* A headless Chromium (the machine's own, found by its command) and a small static server for the test page.
 * Not here: MikroMeet itself (../e2e/server.js). */
'use strict';

const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const nodeHttp = require('node:http');
const path = require('node:path');
const { chromium } = require('playwright-core');

const flags = [
    '--no-sandbox', /* the tests may run as root */
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    '--allow-loopback-in-peer-connection', /* there is no other address */
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage', /* /dev/shm is small in containers */
    '--disable-gpu',
    '--no-first-run',
];

function findChromium() {
    return execFileSync('/bin/sh', ['-c', 'command -v chromium || command -v chromium-browser'], { encoding: 'utf8' }).trim();
}

async function launch() {
    return chromium.launch({ executablePath: findChromium(), headless: true, args: flags });
}

/* Serves page.html and page.js: {origin, close()}. */
async function servePage() {
    const files = {
        '/': ['page.html', 'text/html; charset=utf-8'],
        '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
    };
    const server = nodeHttp.createServer((request, response) => {
        const [file, type] = files[new URL(request.url, 'http://localhost').pathname] || [];
        response.writeHead(file ? 200 : 404, { 'Content-Type': type || 'text/plain' });
        response.end(file ? readFileSync(path.join(__dirname, file)) : '');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        origin: `http://127.0.0.1:${server.address().port}`,
        close: () => new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
        }),
    };
}

module.exports = { launch, servePage };
