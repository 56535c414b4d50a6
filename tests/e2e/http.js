/* HTTP as a test speaks it: whole requests through Node's client, and raw bytes through a socket for what no client
 * would send. Each request has a connection of its own.
 * Not here: WebSocket (client.js). */
'use strict';

const nodeHttp = require('node:http');
const net = require('node:net');
const { freshAddress } = require('./addresses');
const { within, patienceMs } = require('./process');

/* {status, headers, text, json}.  `options`: method, headers, body, from (source address). */
async function request(gateway, path, options = {}) {
    const { method = 'GET', headers = {}, body, from = freshAddress() } = options;
    const answered = new Promise((resolve, reject) => {
        const sent = nodeHttp.request({
            host: '127.0.0.1', port: gateway.port, path, method, headers, localAddress: from, agent: false,
        }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('error', reject);
            response.on('end', () => resolve(answer(response, Buffer.concat(parts))));
        });
        sent.on('error', reject);
        sent.end(body);
    });
    return within(patienceMs, `${method} ${path} was not answered`, answered);
}

function answer(response, bytes) {
    const text = bytes.toString();
    let json;
    try {
        json = JSON.parse(text);
    } catch {
        json = undefined;
    }
    return { status: response.statusCode, headers: response.headers, rawHeaders: response.rawHeaders, text, json };
}

const get = (gateway, path, headers, from) => request(gateway, path, { headers, from });

/* POST /api/rooms with `room` as JSON. */
async function createRoom(gateway, room = {}, options = {}) {
    const body = JSON.stringify(room);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...options.headers };
    return request(gateway, '/api/rooms', { method: 'POST', headers, body, from: options.from });
}

/* Sends bytes and returns all that comes until the server closes. */
async function raw(gateway, bytes, options = {}) {
    const socket = net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: options.from || freshAddress() });
    const parts = [];
    const closed = new Promise((resolve, reject) => {
        socket.on('data', (part) => parts.push(part));
        socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
        socket.on('error', (error) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(Buffer.concat(parts).toString('latin1'))
            : reject(error)));
    });
    socket.write(bytes);
    return within(options.deadlineMs || patienceMs, 'the server did not close the connection', closed)
        .finally(() => socket.destroy());
}

module.exports = { request, get, createRoom, raw };
